import { setTimeout as delay } from 'node:timers/promises';
import type { Bus, QueueItem } from '../../shared/bus/bus.ts';
import { FairTurns } from './fair-turns.ts';

/** A pull stays open so long: also what a worker that goes away waits for at most. */
const PULL_MS = 1_000;

export interface RequestQueueOptions {
  /** Chats at once. A worker at its limit takes no more: others may have room. */
  readonly capacity: number;
  /** Runs one item to its end. Never rejects. */
  readonly run: (item: QueueItem) => Promise<void>;
  readonly onPullFailed: (error: unknown) => void;
}

/** Takes chats from the work queue, as many as there is room for. */
export class RequestQueue {
  readonly #bus: Pick<Bus, 'takeQueueItems'>;
  readonly #options: RequestQueueOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #late: QueueItem[] = [];
  readonly #turns = new FairTurns();
  #onRoom: (() => void) | undefined;
  readonly #pulling: Promise<void>;

  constructor(bus: Pick<Bus, 'takeQueueItems'>, options: RequestQueueOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#pulling = this.#pull();
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Takes no more. Resolves when the last pull has ended; what it still brought was given back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#onRoom?.();
    await this.#pulling;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #pull(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const room = this.#options.capacity - this.#running.size;
      if (room <= 0) {
        await new Promise<void>((resolve) => {
          this.#onRoom = resolve;
        });
        continue;
      }
      try {
        await this.#bus.takeQueueItems(room, PULL_MS, (item) => this.#receive(item));
      } catch (error) {
        if (this.isStopping) break;
        // The broker is away or slow: what it has handed out meanwhile comes again.
        this.#options.onPullFailed(error);
        await pause(200 + Math.random() * 800, signal);
      }
    }
    // Not before the pull has ended: it would bring them here again and again.
    for (const item of this.#late) giveBack(item);
  }

  #receive(item: QueueItem): void {
    if (this.#stopping.signal.aborted) {
      this.#late.push(item);
      return;
    }
    const waitMs = this.#turns.waitBefore(item, this.#options.capacity - this.#running.size);
    if (waitMs > 0) {
      giveBack(item, waitMs);
      return;
    }
    const running = this.#options.run(item).finally(() => {
      this.#running.delete(running);
      this.#onRoom?.();
    });
    this.#running.add(running);
  }
}

function giveBack(item: QueueItem, delayMs?: number): void {
  try {
    item.giveBack(delayMs);
  } catch {
    // The connection is closed already: the item comes again after the ack wait.
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // Stopped: the loop sees it.
  }
}
