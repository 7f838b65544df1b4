import type {
  Bus,
  BusStatus,
  LiveMessage,
  StoredMessage,
  StreamBounds,
  Unsubscribe,
} from '../../shared/bus/bus.ts';
import type { StreamName } from '../../shared/bus-protocol/streams.ts';
import type { SeededRandom } from './seeded-random.ts';
import { subjectMatches, type ModelMessage, type StreamModel } from './stream-model.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What goes wrong by itself, as probabilities. */
export interface BrokerFaults {
  /** A live message is overtaken by other writers' messages of the same instant. */
  readonly swap: number;
  /** A live message comes a second time, any time later. */
  readonly repeat: number;
  /** A question, or a page of a read, fails. */
  readonly requestFailure: number;
}

/** Measured on 2.9.10: different writers' messages were swapped by at most this. */
const MAX_SWAP_MS = 1.3;
const MAX_REPEAT_MS = 400;
const MAX_PAGE = 20;
/** How long a question takes to fail while disconnected. */
const REQUEST_TIMEOUT_MS = 50;

/** What a question to the model ends in when a fault was drawn for it. */
export class RequestFailed extends Error {}

/** The broker at the other end. */
export interface BrokerEnd {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults: BrokerFaults;
  storage(name: StreamName): StreamModel;
  hasLeader(name: StreamName): boolean;
  forget(connection: ModelConnection): void;
}

interface OnTheWay {
  lost: boolean;
}

/** One process's connection to the model: the part of the bus that reads. */
export class ModelConnection implements Pick<
  Bus,
  'status' | 'onStatus' | 'roundTrip' | 'subscribeLive' | 'onLeaderElected' | 'bounds' | 'read'
> {
  /** While true what is published live never gets here, and nothing tells. */
  deaf = false;
  readonly #broker: BrokerEnd;
  readonly #subscriptions = new Set<{ filter: string; onMessage: (message: LiveMessage) => void }>();
  readonly #statusListeners = new Set<(status: BusStatus) => void>();
  readonly #leaderListeners = new Set<{ name: StreamName; listener: () => void }>();
  /** Questions without an answer yet: a cut connection fails them. */
  readonly #unanswered = new Set<(error: Error) => void>();
  readonly #onTheWay = new Set<OnTheWay>();
  /** When each writer's latest message gets here: one writer's messages keep their order. */
  readonly #arrivalMs = new Map<string, number>();
  #latestArrivalMs = 0;
  #stalledUntilMs = 0;
  #asleepUntilMs = 0;
  #losesNext = false;
  #attached = true;
  #incarnation = 0;
  #status: BusStatus = 'connected';
  #whenAttached: (() => void)[] = [];

  constructor(broker: BrokerEnd) {
    this.#broker = broker;
  }

  get status(): BusStatus {
    return this.#status;
  }

  onStatus(listener: (status: BusStatus) => void): Unsubscribe {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Comes back after everything that was on its way. Asked for while disconnected it waits in the buffer. */
  async roundTrip(): Promise<void> {
    if (this.#status === 'disconnected' && !this.#attached) {
      await new Promise<void>((resolve) => this.#whenAttached.push(resolve));
    }
    await this.#request(
      () => undefined,
      () => this.#latestArrivalMs,
    );
  }

  subscribeLive(filter: string, onMessage: (message: LiveMessage) => void): Unsubscribe {
    const subscription = { filter, onMessage };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  onLeaderElected(name: StreamName, listener: () => void): Unsubscribe {
    const entry = { name, listener };
    this.#leaderListeners.add(entry);
    return () => this.#leaderListeners.delete(entry);
  }

  bounds(name: StreamName): Promise<StreamBounds> {
    return this.ask(name, () => this.#broker.storage(name).bounds);
  }

  /** Page by page, so that everything else happens in between. */
  async read(
    name: StreamName,
    filter: string,
    range: { readonly from: number; readonly to: number },
    onMessage: (message: StoredMessage) => boolean,
  ): Promise<boolean> {
    let next = range.from;
    for (;;) {
      const limit = this.#broker.random.integer(1, MAX_PAGE);
      const page = await this.ask(name, () => this.#broker.storage(name).page(filter, next, range.to, limit));
      for (const message of page.messages) {
        next = message.sequence + 1;
        if (!onMessage(message)) return false;
      }
      if (page.isLast) return true;
    }
  }

  /** The broker's side of a subscription. */
  republish(message: ModelMessage, writer: string): void {
    if (!this.#attached || this.deaf) return;
    const { clock, random, faults } = this.#broker;
    for (const { filter, onMessage } of this.#subscriptions) {
      if (!subjectMatches(filter, message.subject)) continue;
      if (this.#losesNext) {
        this.#losesNext = false;
        continue;
      }
      const swapMs = random.chance(faults.swap) ? random.between(0, MAX_SWAP_MS) : 0;
      const earliestMs = Math.max(this.#arrivalMs.get(writer) ?? 0, this.#stalledUntilMs);
      const atMs = Math.max(clock.nowMs + random.between(0.1, 0.2) + swapMs, earliestMs);
      this.#arrivalMs.set(writer, atMs);
      this.#latestArrivalMs = Math.max(this.#latestArrivalMs, atMs);
      this.#deliver(message, onMessage, atMs);
      if (random.chance(faults.repeat)) {
        this.#deliver(message, onMessage, atMs + random.between(0, MAX_REPEAT_MS));
      }
    }
  }

  /** What has not arrived yet may never do. */
  loseOnTheWay(probability: number): void {
    for (const entry of this.#onTheWay) if (this.#broker.random.chance(probability)) entry.lost = true;
  }

  /** The next live message is overtaken, and the connection cut before it comes: `cut` has to follow. */
  loseNext(): void {
    this.#losesNext = this.#attached && this.#status === 'connected';
  }

  tellLeaderElected(name: StreamName): void {
    const incarnation = this.#incarnation;
    this.#broker.clock.schedule(
      () => {
        if (incarnation !== this.#incarnation || !this.#attached) return;
        for (const entry of this.#leaderListeners) if (entry.name === name) entry.listener();
      },
      this.#broker.random.between(0, 20),
    );
  }

  /** Nothing arrives for a while; then all of it does. */
  stall(durationMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#broker.clock.nowMs + durationMs);
  }

  /** The process stands still: nothing arrives and nothing leaves, and then all of it does. */
  sleep(durationMs: number): void {
    this.stall(durationMs);
    this.#asleepUntilMs = Math.max(this.#asleepUntilMs, this.#broker.clock.nowMs + durationMs);
  }

  /** Something that wants no answer: done when it gets to the broker, if it does. */
  tell(act: () => void): void {
    if (!this.#attached) return;
    const incarnation = this.#incarnation;
    this.#broker.clock.schedule(() => {
      if (incarnation === this.#incarnation) act();
    }, this.#wayMs());
  }

  /** Something the broker sends that is nobody's answer. */
  bring(act: () => void): void {
    if (!this.#attached) return;
    const entry: OnTheWay = { lost: false };
    this.#onTheWay.add(entry);
    this.#arrive(this.#broker.clock.nowMs + this.#broker.random.between(0.05, 1), () => {
      this.#onTheWay.delete(entry);
      if (!entry.lost) act();
    });
  }

  /** What is on its way is lost. The client notices, and is back, each after a while. */
  cut(noticedAfterMs: number, backAfterMs: number): void {
    if (!this.#attached || this.#status === 'disconnected') return;
    const { clock, random } = this.#broker;
    this.#attached = false;
    this.#losesNext = false;
    this.#incarnation += 1;
    this.loseOnTheWay(1);
    clock.schedule(() => {
      this.#setStatus('disconnected');
      for (const fail of this.#unanswered) fail(new RequestFailed('Connection lost'));
      this.#unanswered.clear();
    }, noticedAfterMs);
    clock.schedule(() => {
      this.#attached = true;
      // What waited in the buffer goes out at once; the client's listeners hear of it a little later.
      for (const resume of this.#whenAttached.splice(0)) resume();
      clock.schedule(
        () => {
          this.#setStatus('connected');
        },
        random.between(0, 2),
      );
    }, noticedAfterMs + backAfterMs);
  }

  close(): void {
    this.#broker.forget(this);
    this.#attached = false;
    this.#incarnation += 1;
    this.loseOnTheWay(1);
    this.#subscriptions.clear();
    this.#statusListeners.clear();
    this.#leaderListeners.clear();
  }

  #deliver(message: ModelMessage, onMessage: (message: LiveMessage) => void, atMs: number): void {
    const entry: OnTheWay = { lost: false };
    this.#onTheWay.add(entry);
    this.#arrive(atMs, () => {
      this.#onTheWay.delete(entry);
      if (!entry.lost) onMessage(message);
    });
  }

  #arrive(atMs: number, task: () => void): void {
    const { clock } = this.#broker;
    clock.schedule(() => {
      if (this.#stalledUntilMs > clock.nowMs) this.#arrive(this.#stalledUntilMs, task);
      else task();
    }, atMs - clock.nowMs);
  }

  #setStatus(status: BusStatus): void {
    this.#status = status;
    for (const listener of this.#statusListeners) listener(status);
  }

  /** A question to a stream's leader, which may fail: `answer` is taken when it gets there. */
  ask<Answer>(name: StreamName, answer: () => Answer): Promise<Answer> {
    return this.#request(() => {
      const { random, faults } = this.#broker;
      if (!this.#broker.hasLeader(name) || random.chance(faults.requestFailure))
        throw new RequestFailed('No answer');
      return answer();
    });
  }

  /** `answer` is taken when the question gets to the broker; it is not back before `earliestMs`. */
  #request<Answer>(answer: () => Answer, earliestMs: () => number = () => 0): Promise<Answer> {
    const { clock, random } = this.#broker;
    const incarnation = this.#incarnation;
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      if (!this.#attached) {
        // A cut that is not noticed yet fails it when it is; known to be disconnected, it fails by itself.
        if (this.#status === 'disconnected') {
          clock.schedule(() => {
            if (this.#unanswered.delete(reject)) reject(new RequestFailed('Disconnected'));
          }, REQUEST_TIMEOUT_MS);
        }
        return;
      }
      clock.schedule(() => {
        if (incarnation !== this.#incarnation) return;
        const outcome = attempt(answer);
        const atMs = Math.max(clock.nowMs + random.between(0.05, 1), earliestMs());
        this.#arrive(atMs, () => {
          if (incarnation !== this.#incarnation || !this.#unanswered.delete(reject)) return;
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome.answer);
        });
      }, this.#wayMs());
    });
  }

  #wayMs(): number {
    const { clock, random } = this.#broker;
    return Math.max(0, this.#asleepUntilMs - clock.nowMs) + random.between(0.05, 1);
  }
}

function attempt<Answer>(answer: () => Answer): { readonly answer: Answer } | Error {
  try {
    return { answer: answer() };
  } catch (error) {
    return error instanceof Error ? error : new Error('Not an error', { cause: error });
  }
}
