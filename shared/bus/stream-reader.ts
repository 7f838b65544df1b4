import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import pLimit from 'p-limit';
import { storedIn } from '../bus-protocol/session-shards.ts';
import type { StreamName } from '../bus-protocol/streams.ts';
import type { StoredMessage, StreamBounds } from './bus.ts';
import { asUnavailable } from './bus-errors.ts';
import { ELECTION_MS } from './elections.ts';
import { leaderBounds } from './leader-bounds.ts';
import { leaderGet } from './leader-get.ts';
import type { ReplyInbox } from './reply-inbox.ts';
import { SharedAnswer } from './shared-answer.ts';
import { fromStored, nextGetter, readRange, type OnStoredMessage, type ReadRange } from './stream-reads.ts';
import { untilAvailable } from './until-available.ts';

/** Reads of the stream's past under way at once: they share the broker's disk with the live path. */
const MAX_CONCURRENT_READS = 16;

export interface StreamReaderClients {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly inbox: ReplyInbox;
  /** Where this role may be answered. */
  readonly inboxPrefix: string;
}

/**
 * What is asked about the past of streams. Subjects go in and come out as everybody knows them: what a stream
 * of several that keep sessions calls them is known here only.
 */
export class StreamReader {
  readonly #clients: StreamReaderClients;
  readonly #slots = pLimit(MAX_CONCURRENT_READS);
  readonly #bounds = new Map<StreamName, SharedAnswer<StreamBounds>>();
  #replicated = false;
  /** Streams whose followers may answer reads. */
  #directStreams: ReadonlySet<StreamName> = new Set();

  constructor(clients: StreamReaderClients) {
    this.#clients = clients;
  }

  /** Known once the streams are ensured. */
  configure(replicated: boolean, directStreams: readonly StreamName[]): void {
    this.#replicated = replicated;
    this.#directStreams = new Set(directStreams);
  }

  get replicated(): boolean {
    return this.#replicated;
  }

  bounds(stream: StreamName): Promise<StreamBounds> {
    let shared = this.#bounds.get(stream);
    if (shared === undefined) {
      shared = new SharedAnswer(() => this.#askBounds(stream));
      this.#bounds.set(stream, shared);
    }
    return shared.fresh();
  }

  lastOf(stream: StreamName, subject: string): Promise<StoredMessage | undefined> {
    const query = { last_by_subj: storedIn(stream, subject) };
    return this.#ask(subject, () => leaderGet(this.#clients.inbox, stream, query));
  }

  async get(stream: StreamName, sequence: number): Promise<StoredMessage | undefined> {
    const found = await this.#ask(stream, () =>
      this.#clients.manager.direct.getMessage(stream, { seq: sequence }),
    );
    return found === null ? undefined : fromStored(found);
  }

  async read(
    stream: StreamName,
    filter: string,
    range: ReadRange,
    onMessage: OnStoredMessage,
    signal?: AbortSignal,
  ): Promise<boolean> {
    if (range.from > range.to) return true;
    const stored = storedIn(stream, filter);
    let seen = range.from - 1;
    const remember: OnStoredMessage = (message) => {
      const goesOn = onMessage(message);
      seen = message.sequence;
      return goesOn;
    };
    const { inbox, manager } = this.#clients;
    const ports = { ...this.#clients, getNext: nextGetter(manager, this.#directStreams.has(stream)) };
    return this.#slots(() =>
      this.#ask(
        `read of ${stream}`,
        async () => {
          for (;;) {
            const rest = { from: seen + 1, to: range.to };
            if (!(await readRange(ports, stream, stored, rest, remember, signal))) return false;
            if (!this.#replicated || seen >= range.to) return true;
            // Followers answer gets and consumers and may lag: the leader has the last word.
            const query = { seq: seen + 1, next_by_subj: stored };
            const missed = await leaderGet(inbox, stream, query);
            if (missed === undefined || missed.sequence > range.to) return true;
          }
        },
        signal,
      ),
    );
  }

  /** Asks; where there are replicas, again while they elect a leader. @throws UnavailableError */
  #ask<Result>(what: string, ask: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const once = (): Promise<Result> => asUnavailable(what, ask);
    return this.#replicated ? untilAvailable(once, ELECTION_MS, signal) : once();
  }

  #askBounds(stream: StreamName): Promise<StreamBounds> {
    return this.#ask(`bounds of ${stream}`, () => leaderBounds(this.#clients.inbox, stream));
  }
}
