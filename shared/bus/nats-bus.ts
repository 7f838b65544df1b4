import { jetstream, type Consumer, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { SessionShards, storedIn } from '../bus-protocol/session-shards.ts';
import { WORKER_CONSUMER, type StreamDefinition, type StreamName } from '../bus-protocol/streams.ts';
import { liveSubject } from '../bus-protocol/subjects.ts';
import { untilAny } from '../lifecycle/on-abort.ts';
import type {
  Bus,
  BusStatus,
  ListenOptions,
  LiveMessage,
  PublishOptions,
  QueueItem,
  QueueState,
  StoredMessage,
  StreamBounds,
  ToldMessage,
  Unsubscribe,
} from './bus.ts';
import { BrokerCensus } from './broker-census.ts';
import { checkMapping } from './check-mapping.ts';
import { asUnavailable, BrokerSetupError, UnavailableError } from './bus-errors.ts';
import { connectNats, inboxPrefixOf, type BrokerSettings } from './connect-nats.ts';
import { ELECTION_MS, jetstreamOf } from './elections.ts';
import { ensureStreams, missingStreams } from './ensure-streams.ts';
import { eraseQueueItems, purge } from './erasure.ts';
import { LiveMessages, queueItem } from './nats-messages.ts';
import { publishStored } from './publish-stored.ts';
import { readQueueState } from './queue-state.ts';
import { ReplyInbox } from './reply-inbox.ts';
import { deleteOtherSessionStreams } from './replace-session-streams.ts';
import { storeMessage } from './store-message.ts';
import { StreamReader } from './stream-reader.ts';
import type { OnStoredMessage, ReadRange } from './stream-reads.ts';
import { untilAvailable } from './until-available.ts';

const REQUEST_TIMEOUT_MS = 2_000;
const PATIENCE_MS = 3_000;

const AS_TOLD = { read: (message: Msg): ToldMessage => message };

export interface BusEvents {
  /** The first connection is not there yet. */
  waitingForBroker(error: unknown): void;
  statusChanged(status: BusStatus): void;
  /** A handler of a live message threw: the message is lost to it, the connection lives on. */
  handlerFailed(subject: string, error: unknown): void;
  /** A try to store a message was not confirmed and is repeated. */
  publishRetried?(): void;
}

export interface BusSettings extends BrokerSettings {
  /** In how many streams sessions are kept. */
  readonly streamShards: number;
}

/** Connects as `role` and checks that the broker has JetStream. @throws BrokerSetupError */
export async function openNatsBus(
  settings: BusSettings,
  role: string,
  events: BusEvents,
  signal: AbortSignal,
): Promise<NatsBus> {
  const connection = await connectNats(
    settings,
    role,
    (error) => {
      events.waitingForBroker(error);
    },
    signal,
  );
  try {
    const manager = await jetstreamOf(connection, signal);
    const client = jetstream(connection, { timeout: REQUEST_TIMEOUT_MS });
    const inboxPrefix = inboxPrefixOf(role);
    const inbox = new ReplyInbox(connection, inboxPrefix);
    const clients = { connection, manager, client, inbox, inboxPrefix };
    return new NatsBus(clients, new SessionShards(settings.streamShards), events);
  } catch (error) {
    await connection.close();
    // Without the address: it may hold a password.
    throw new BrokerSetupError('NATS_URL: the broker has no JetStream (-js), or none for this user', error);
  }
}

/** One connection, and what the client has to work with it. */
interface NatsClients {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly inbox: ReplyInbox;
  /** Where this role may be answered. */
  readonly inboxPrefix: string;
}

/** The broker behind the port `Bus`: the only class that knows the NATS client. */
export class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #inbox: ReplyInbox;
  readonly #jetstream: JetStreamClient;
  readonly #events: BusEvents;
  readonly #listeners = new Set<(status: BusStatus) => void>();
  readonly shards: SessionShards;
  readonly census: BrokerCensus;
  readonly #reader: StreamReader;
  #queue: Consumer | undefined;
  #status: BusStatus = 'connected';
  #closing: Promise<void> | undefined;

  constructor(clients: NatsClients, shards: SessionShards, events: BusEvents) {
    const { connection, manager, client, inbox } = clients;
    this.#connection = connection;
    this.#manager = manager;
    this.#inbox = inbox;
    this.shards = shards;
    this.census = new BrokerCensus(manager);
    this.#reader = new StreamReader(clients);
    this.#jetstream = client;
    this.#events = events;
    void this.#watchStatus();
  }

  get status(): BusStatus {
    return this.#status;
  }

  get patienceMs(): number {
    return this.#reader.replicated ? ELECTION_MS : PATIENCE_MS;
  }

  get serverVersion(): string {
    return this.#connection.info?.version ?? 'unknown';
  }

  onStatus(listener: (status: BusStatus) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async roundTrip(timeoutMs = REQUEST_TIMEOUT_MS): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new UnavailableError('round trip'));
      }, timeoutMs);
    });
    try {
      await Promise.race([this.#connection.flush(), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  publish(subject: string, data: Uint8Array | string, options: PublishOptions): Promise<number> {
    const stream = this.#streamBehind(subject);
    // Where the broker's mapping would put it: what is ours does not depend on that.
    return publishStored(storedIn(stream, subject), data, options, {
      store: (literal, bytes, message) => storeMessage(this.#inbox, literal, bytes, message),
      lastOf: () => this.lastOf(stream, subject),
      untilConnected: (timeoutMs, signal) => {
        if (this.#status === 'connected') return undefined;
        return untilAny(timeoutMs, signal, (wake) => this.onStatus(wake));
      },
      onRetry: () => this.#events.publishRetried?.(),
    });
  }

  subscribeLive(
    subject: string,
    onMessage: (message: LiveMessage) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    // Without a position it is not the broker's: whoever may publish there can forge nothing.
    return this.#subscribe(liveSubject(subject), new LiveMessages(), onMessage, options?.queueGroup);
  }

  tell(subject: string, data: string): void {
    if (this.#status === 'connected' && this.#closing === undefined) this.#connection.publish(subject, data);
  }

  hear(subject: string, onMessage: (message: ToldMessage) => void, options?: ListenOptions): Unsubscribe {
    return this.#subscribe(subject, AS_TOLD, onMessage, options?.queueGroup);
  }

  onLeaderElected(stream: StreamName, listener: () => void): Unsubscribe {
    return this.#subscribe(`$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.${stream}`, AS_TOLD, listener);
  }

  bounds(stream: StreamName): Promise<StreamBounds> {
    return this.#reader.bounds(stream);
  }

  lastOf(stream: StreamName, subject: string): Promise<StoredMessage | undefined> {
    return this.#reader.lastOf(stream, subject);
  }

  get(stream: StreamName, sequence: number): Promise<StoredMessage | undefined> {
    return this.#reader.get(stream, sequence);
  }

  read(
    stream: StreamName,
    filter: string,
    range: ReadRange,
    onMessage: OnStoredMessage,
    signal?: AbortSignal,
  ): Promise<boolean> {
    return this.#reader.read(stream, filter, range, onMessage, signal);
  }

  purge(stream: Exclude<StreamName, 'CHAT_REQUESTS'>, filter: string, before?: number): Promise<void> {
    return purge(this.#manager, stream, filter, before);
  }

  eraseQueueItems(filter: string): Promise<void> {
    return asUnavailable('queue', () => eraseQueueItems(this.#inbox, this.#manager, filter));
  }

  async takeQueueItems(max: number, waitMs: number, onItem: (item: QueueItem) => void): Promise<void> {
    await asUnavailable('queue', async () => {
      this.#queue ??= await this.#jetstream.consumers.get('CHAT_REQUESTS', WORKER_CONSUMER);
      const items = await this.#queue.fetch({ max_messages: max, expires: waitMs });
      for await (const message of items) onItem(queueItem(message));
    });
  }

  queueState(): Promise<QueueState> {
    return asUnavailable('queue state', () => readQueueState(this.#inbox, this.#manager));
  }

  missingStreams(names: readonly StreamName[]): Promise<readonly StreamName[]> {
    return asUnavailable('streams', () => missingStreams(this.#manager, names));
  }

  async ensureStreams(
    definitions: readonly StreamDefinition[],
    settings: { replicas: number; ackWaitMs: number },
    signal?: AbortSignal,
  ): Promise<void> {
    const direct = definitions.filter(({ allowDirect }) => allowDirect).map(({ name }) => name);
    this.#reader.configure(settings.replicas > 1, direct);
    // Whoever starts has time: a request that is lost on the way is no reason to end.
    const ensure = (): Promise<void> => ensureStreams(this.#manager, definitions, settings, this.shards);
    await untilAvailable(() => asUnavailable('streams', ensure), ELECTION_MS, signal);
  }

  /** Deletes what is kept of sessions in another number of streams. @returns the streams' names */
  deleteOtherSessionStreams(): Promise<readonly string[]> {
    return asUnavailable('streams', () => deleteOtherSessionStreams(this.#manager, this.shards));
  }

  async checkMapping(signal?: AbortSignal): Promise<void> {
    await checkMapping(this.#jetstream, this.shards, this.#reader.replicated, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What is still buffered is sent if the broker answers; nothing durable waits only there.
    await this.roundTrip(500).catch(() => undefined);
    await this.#connection.close();
    this.#inbox[Symbol.dispose]();
  }

  /** Which stream stores a subject this system publishes. */
  #streamBehind(subject: string): StreamName {
    if (subject.startsWith('session')) return this.shards.streamBehind(subject);
    if (subject.startsWith('state')) return 'SESSION_STATE';
    if (subject.startsWith('chat')) return 'CHAT_REQUESTS';
    return subject.startsWith('control') ? 'CONTROL' : 'INVESTIGATIONS';
  }

  /** One function a message and not one around another: each session has a subscription. */
  #subscribe<Heard>(
    subject: string,
    messages: { read(message: Msg): Heard | undefined },
    onMessage: (heard: Heard) => void,
    queue?: string,
  ): Unsubscribe {
    const subscription = this.#connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        // A throw in here would end the connection's reader without a word.
        try {
          if (error !== null) throw error;
          const heard = messages.read(message);
          if (heard !== undefined) onMessage(heard);
        } catch (thrown) {
          this.#events.handlerFailed(subject, thrown);
        }
      },
    });
    return () => {
      subscription.unsubscribe();
    };
  }

  async #watchStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') this.#setStatus('disconnected');
      else if (status.type === 'reconnect') this.#setStatus('connected');
      else if (status.type === 'ldm') this.#leaveLameDuck();
    }
  }

  /** A server about to stop says so: leave it at a random moment, before it throws everyone out at once. */
  #leaveLameDuck(): void {
    setTimeout(() => {
      if (this.#closing === undefined) void this.#connection.reconnect().catch(() => undefined);
    }, Math.random() * 2_000).unref();
  }

  #setStatus(status: BusStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#events.statusChanged(status);
    for (const listener of this.#listeners) listener(status);
  }
}
