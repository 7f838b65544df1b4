import type { QueueItem } from '../../../shared/bus/bus.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { ModelMessage } from '../../support/stream-model.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { ModelConnection } from '../../support/connection-model.ts';

interface Item {
  readonly message: ModelMessage;
  deliveries: number;
  /** When it is delivered again unless somebody says that he works on it; undefined while nobody has it. */
  dueMs: number | undefined;
}

interface Pull {
  readonly connection: ModelConnection;
  readonly onItem: (item: QueueItem) => void;
  left: number;
  readonly untilMs: number;
}

/** An acknowledgement this fresh may be forgotten by a broker that is killed (2.9.10). */
const FORGOTTEN_ACK_MS = 100;

/** The work queue and its one consumer, as 2.9.10 behaves. */
export class SimQueue {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #ackWaitMs: number;
  readonly #items = new Map<number, Item>();
  #pulls: Pull[] = [];
  #justDone: { readonly item: Item; readonly atMs: number }[] = [];

  constructor(clock: VirtualClock, random: SeededRandom, ackWaitMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#ackWaitMs = ackWaitMs;
  }

  add(message: ModelMessage): void {
    this.#items.set(message.sequence, { message, deliveries: 0, dueMs: undefined });
    this.#hand();
  }

  pull(connection: ModelConnection, max: number, waitMs: number, onItem: (item: QueueItem) => void): void {
    this.#pulls.push({ connection, onItem, left: max, untilMs: this.#clock.nowMs + waitMs });
    this.#clock.schedule(() => this.#hand(), waitMs);
    this.#hand();
  }

  /** A killed broker forgets who pulled, how often it delivered, and perhaps what was just done. */
  restart(): void {
    this.#pulls = [];
    for (const item of this.#items.values()) item.deliveries = item.dueMs === undefined ? 0 : 1;
    for (const { item, atMs } of this.#justDone) {
      if (this.#clock.nowMs - atMs < FORGOTTEN_ACK_MS && this.#random.chance(0.5)) {
        this.#items.set(item.message.sequence, {
          ...item,
          deliveries: 1,
          dueMs: this.#clock.nowMs + this.#ackWaitMs,
        });
        this.#clock.schedule(() => this.#hand(), this.#ackWaitMs);
      }
    }
    this.#justDone = [];
  }

  forget(connection: ModelConnection): void {
    this.#pulls = this.#pulls.filter((pull) => pull.connection !== connection);
  }

  #hand(): void {
    const { nowMs } = this.#clock;
    this.#pulls = this.#pulls.filter(({ left, untilMs }) => left > 0 && untilMs > nowMs);
    for (const item of this.#items.values()) {
      if (item.dueMs !== undefined && item.dueMs > nowMs) continue;
      const pull = this.#pulls.find(({ left }) => left > 0);
      if (pull === undefined) return;
      pull.left -= 1;
      this.#deliver(item, pull);
    }
  }

  #deliver(item: Item, { connection, onItem }: Pull): void {
    item.deliveries += 1;
    this.#putOff(item);
    const { message, deliveries } = item;
    const queued: QueueItem = {
      subject: message.subject,
      data: message.data,
      sequence: message.sequence,
      deliveryCount: deliveries,
      behind: this.#items.size - 1,
      storedAtMs: Date.now() - Math.round(this.#clock.nowMs - message.storedAtMs),
      header: () => undefined,
      done: () =>
        connection.ask('CHAT_REQUESTS', () => {
          if (this.#items.delete(message.sequence)) {
            this.#justDone.push({ item, atMs: this.#clock.nowMs });
          }
        }),
      working: () => connection.tell(() => this.#putOff(item)),
      giveBack: (delayMs = 0) =>
        connection.tell(() => {
          item.dueMs = this.#clock.nowMs + delayMs;
          this.#clock.schedule(() => this.#hand(), delayMs);
        }),
    };
    connection.bring(() => onItem(queued));
  }

  #putOff(item: Item): void {
    item.dueMs = this.#clock.nowMs + this.#ackWaitMs;
    this.#clock.schedule(() => this.#hand(), this.#ackWaitMs);
  }
}
