import type { SessionShards } from '../bus-protocol/session-shards.ts';
import type { StreamDefinition, StreamName } from '../bus-protocol/streams.ts';

/** A message as a stream keeps it. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly storedAtMs: number;
  header(name: string): string | undefined;
}

/** A stored message on its way past: the broker republished it with its place in the stream. */
export interface LiveMessage {
  /** The subject it is stored under, without the `live.` prefix. */
  readonly subject: string;
  readonly sequence: number;
  /** The message before it on the same subject; 0 when it is the first. */
  readonly previousSequence: number;
  /** A view on the read buffer: copy what is kept. */
  readonly data: Uint8Array;
  header(name: string): string | undefined;
}

/** What a process told the others. */
export interface ToldMessage {
  readonly subject: string;
  /** A view on the read buffer: copy what is kept. */
  readonly data: Uint8Array;
}

export interface StreamBounds {
  readonly first: number;
  readonly last: number;
  /** Changes when the stream was created anew: positions of the old one mean nothing then. */
  readonly epoch: string;
}

export interface Unsubscribe {
  (): void;
}

export interface ListenOptions {
  /** Of the listeners with the same one only one is told of each message. */
  readonly queueGroup?: string;
}

export interface PublishOptions {
  /** The same for every try of the same message, different for every other. */
  readonly messageId: string;
  /** Refuse unless the last message of the subject has this sequence (0: there is none). */
  readonly expectedLastSequence?: number;
  /** How long to keep trying, milliseconds. */
  readonly deadlineMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type BusStatus = 'connected' | 'disconnected';

export interface QueueItem {
  readonly subject: string;
  readonly data: Uint8Array;
  /** The item's place in the queue: the same at every delivery. */
  readonly sequence: number;
  readonly deliveryCount: number;
  /** How many items that nobody has got yet were behind it when it was delivered. */
  readonly behind: number;
  readonly storedAtMs: number;
  header(name: string): string | undefined;
  /** Removes it and waits for the broker's word. */
  done(): Promise<void>;
  /** Puts the acknowledgement deadline off. */
  working(): void;
  /** Gives it back to be delivered again, at once or after a while. */
  giveBack(delayMs?: number): void;
}

/** The work queue as it is now. */
export interface QueueState {
  /** Items nobody has taken yet. */
  readonly waiting: number;
  /** Items taken and not done. */
  readonly taken: number;
  /** How long the oldest item waits that nobody has taken; 0 when none does. */
  readonly oldestWaitMs: number;
}

/** The broker, as this system uses it. */
export interface Bus extends AsyncDisposable {
  readonly status: BusStatus;
  /** Which stream keeps which session. Subjects are the same whichever it is. */
  readonly shards: SessionShards;
  /** Called at every change; a reconnect is told after subscriptions were sent again. */
  onStatus(listener: (status: BusStatus) => void): Unsubscribe;
  /**
   * How long something a user waits for may take, milliseconds: of replicated streams it outlasts the election of
   * a new leader.
   */
  readonly patienceMs: number;
  /** One round trip. @throws when it takes longer than `timeoutMs`. */
  roundTrip(timeoutMs?: number): Promise<void>;
  /**
   * Stores a message exactly once, or says that it could not be known.
   * @throws FencedError another writer was there first
   * @throws UnavailableError the broker did not confirm within the deadline: it may be stored all the same
   * @throws StreamFullError the stream refuses more
   */
  publish(subject: string, data: Uint8Array | string, options: PublishOptions): Promise<number>;
  /**
   * Told of every message stored on these subjects while connected: at most once, then `roundTrip` to know it
   * is active. Of the subscribers with the same `queueGroup` only one is told of each.
   */
  subscribeLive(
    subject: string,
    onMessage: (message: LiveMessage) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** Says something to whoever listens now. Nothing is stored, and while disconnected nothing is said. */
  tell(subject: string, data: string): void;
  /**
   * Hears what others, and this process itself, `tell`: at most once. Of the listeners with the same
   * `queueGroup` only one hears each.
   */
  hear(subject: string, onMessage: (message: ToldMessage) => void, options?: ListenOptions): Unsubscribe;
  /** Told of leader elections of a stream: reads and live messages may have been cut. */
  onLeaderElected(stream: StreamName, listener: () => void): Unsubscribe;
  bounds(stream: StreamName): Promise<StreamBounds>;
  /** The last message of a literal subject, as the stream's leader knows it. */
  lastOf(stream: StreamName, subject: string): Promise<StoredMessage | undefined>;
  get(stream: StreamName, sequence: number): Promise<StoredMessage | undefined>;
  /**
   * The messages of a subject filter from one position to another, in order, until `onMessage` returns
   * false. Resolves to whether it got to the end.
   */
  read(
    stream: StreamName,
    filter: string,
    range: { readonly from: number; readonly to: number },
    onMessage: (message: StoredMessage) => boolean,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /**
   * Erases the messages of a subject filter, those before a sequence if one is given.
   * @throws UnavailableError some may be left
   */
  purge(stream: Exclude<StreamName, 'CHAT_REQUESTS'>, filter: string, before?: number): Promise<void>;
  /**
   * Erases the items of a subject filter from the work queue, and leaves all others where they are.
   * @throws UnavailableError some may be left
   */
  eraseQueueItems(filter: string): Promise<void>;
  /**
   * Takes up to `max` items from the work queue as they come, for at most `waitMs`. It always lets the
   * broker end the pull, so no item is on its way to nobody when it resolves.
   */
  takeQueueItems(max: number, waitMs: number, onItem: (item: QueueItem) => void): Promise<void>;
  /** @throws UnavailableError */
  queueState(): Promise<QueueState>;
  /** Those of the streams that are not there. @throws UnavailableError it can't be known */
  missingStreams(names: readonly StreamName[]): Promise<readonly StreamName[]>;
  /**
   * Creates the streams and the queue's consumer, or checks that they are as defined.
   * @throws BrokerSetupError
   * @throws UnavailableError when the broker has not answered for half a minute
   */
  ensureStreams(
    definitions: readonly StreamDefinition[],
    settings: { replicas: number; ackWaitMs: number },
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Whether the broker puts what others publish of sessions where it is looked for: to be asked once the streams
   * are there.
   * @throws BrokerSetupError the broker's configuration is not made for as many streams
   * @throws UnavailableError
   */
  checkMapping(signal?: AbortSignal): Promise<void>;
}
