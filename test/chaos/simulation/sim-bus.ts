import type {
  Bus,
  BusStatus,
  LiveMessage,
  PublishOptions,
  QueueItem,
  QueueState,
  StoredMessage,
  StreamBounds,
  Unsubscribe,
} from '../../../shared/bus/bus.ts';
import { asUnavailable } from '../../../shared/bus/bus-errors.ts';
import { SessionShards } from '../../../shared/bus-protocol/session-shards.ts';
import type { StreamName } from '../../../shared/bus-protocol/streams.ts';
import { publishStored, type PublishDependencies } from '../../../shared/bus/publish-stored.ts';
import type { ModelConnection } from '../../support/connection-model.ts';
import type { SimBroker } from './sim-broker.ts';

type Store = PublishDependencies['store'];

/** The bus of one process over the model: its publisher is the real one. */
export class SimBus implements Bus {
  readonly connection: ModelConnection;
  readonly #broker: SimBroker;
  readonly #name: string;
  #closed = false;

  constructor(broker: SimBroker, name: string) {
    this.#broker = broker;
    this.#name = name;
    this.connection = broker.connect();
  }

  get status(): BusStatus {
    return this.connection.status;
  }

  readonly patienceMs = 3_000;
  readonly shards = new SessionShards(1);

  onStatus(listener: (status: BusStatus) => void): Unsubscribe {
    return this.connection.onStatus(listener);
  }

  roundTrip(): Promise<void> {
    return asUnavailable('round trip', () => this.connection.roundTrip());
  }

  publish(subject: string, data: Uint8Array | string, options: PublishOptions): Promise<number> {
    return publishStored(subject, data, options, {
      store: (...message) => this.#store(...message),
      lastOf: (literal) => this.lastOf(streamOf(literal), literal),
      untilConnected: (timeoutMs, signal) => this.#untilConnected(timeoutMs, signal),
    });
  }

  subscribeLive(subject: string, onMessage: (message: LiveMessage) => void): Unsubscribe {
    return this.connection.subscribeLive(subject, onMessage);
  }

  tell(): void {
    // Nobody here needs to know who else is there.
  }

  hear(): Unsubscribe {
    return () => undefined;
  }

  onLeaderElected(stream: StreamName, listener: () => void): Unsubscribe {
    return this.connection.onLeaderElected(stream, listener);
  }

  bounds(stream: StreamName): Promise<StreamBounds> {
    return asUnavailable(stream, () => this.connection.bounds(stream));
  }

  lastOf(stream: StreamName, subject: string): Promise<StoredMessage | undefined> {
    const storage = this.#broker.model.storage(stream);
    return asUnavailable(subject, () =>
      this.connection.ask(stream, () => storage.at(storage.lastOf(subject))),
    );
  }

  get(stream: StreamName, sequence: number): Promise<StoredMessage | undefined> {
    const storage = this.#broker.model.storage(stream);
    return asUnavailable(stream, () => this.connection.ask(stream, () => storage.at(sequence)));
  }

  read(
    stream: StreamName,
    filter: string,
    range: { readonly from: number; readonly to: number },
    onMessage: (message: StoredMessage) => boolean,
  ): Promise<boolean> {
    if (range.from > range.to) return Promise.resolve(true);
    return asUnavailable(stream, () => this.connection.read(stream, filter, range, onMessage));
  }

  purge(): Promise<void> {
    return Promise.resolve();
  }

  eraseQueueItems(): Promise<void> {
    return Promise.resolve();
  }

  async takeQueueItems(max: number, waitMs: number, onItem: (item: QueueItem) => void): Promise<void> {
    const over = new Promise<void>((resolve) => this.#broker.clock.schedule(resolve, waitMs));
    this.connection.tell(() => {
      if (!this.#closed) this.#broker.queue.pull(this.connection, max, waitMs, onItem);
    });
    // The broker ends it, a little after what it has handed out.
    await over;
    await this.roundTrip();
  }

  queueState(): Promise<QueueState> {
    return Promise.resolve({ waiting: 0, taken: 0, oldestWaitMs: 0 });
  }

  missingStreams(): Promise<readonly StreamName[]> {
    return Promise.resolve([]);
  }

  ensureStreams(): Promise<void> {
    return Promise.resolve();
  }

  checkMapping(): Promise<void> {
    return Promise.resolve();
  }

  /** As if the process were gone: nothing of it gets to the broker any more. */
  close(): void {
    this.#closed = true;
    this.#broker.close(this.connection);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #store(...[subject, data, message]: Parameters<Store>): ReturnType<Store> {
    const stream = streamOf(subject);
    const { messageId, expectedLastSequence, headers = {}, timeoutMs } = message;
    const stored = this.connection.ask(stream, () =>
      this.#broker.store(stream, {
        subject,
        data: Buffer.from(data),
        messageId,
        expectedLastSequence,
        headers,
        writer: this.#name,
      }),
    );
    return this.#inTime(stored, timeoutMs);
  }

  #inTime(answer: Promise<number>, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const forget = this.#broker.clock.schedule(() => reject(new Error('timeout')), timeoutMs);
      answer.then(resolve, reject).finally(forget);
    });
  }

  #untilConnected(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.status === 'connected') return undefined;
    return new Promise((resolve) => {
      const finish = (): void => {
        forget();
        unsubscribe();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const forget = this.#broker.clock.schedule(finish, timeoutMs);
      const unsubscribe = this.onStatus(finish);
      signal?.addEventListener('abort', finish);
    });
  }
}

function streamOf(subject: string): StreamName {
  if (subject.startsWith('session')) return 'SESSIONS';
  return subject.startsWith('state') ? 'SESSION_STATE' : 'CHAT_REQUESTS';
}
