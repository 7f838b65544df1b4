import { JetStreamApiError, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { randomUUID } from 'node:crypto';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { storedIn, unsharded, type SessionShards } from '../../shared/bus-protocol/session-shards.ts';
import type { StreamFamily } from '../../shared/bus-protocol/streams.ts';
import { streamHolding, TEST_SHARDS } from './test-shards.ts';

const STORE_TRIES = 5;
const STORE_TIMEOUT_MS = 1_000;
const STREAM_NOT_FOUND = 10_059;

/** A message on the broker, as any service sees it. */
export interface BrokerMessage {
  readonly subject: string;
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

/** Any other service: a NATS client that knows nothing of this system but its subjects. */
export class Publisher implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #shards: SessionShards;
  /** Followers answer too, and may lag behind what was just stored. */
  readonly #hasFollowers: boolean;

  private constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    { shards, hasFollowers }: { readonly shards: SessionShards; readonly hasFollowers: boolean },
  ) {
    this.#shards = shards;
    this.#hasFollowers = hasFollowers;
    this.#connection = connection;
    this.#manager = manager;
  }

  static async connect(natsUrl: string, shards = TEST_SHARDS): Promise<Publisher> {
    const servers = natsUrl.split(',');
    const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const manager = await jetstreamManager(connection, { checkAPI: false });
    return new Publisher(connection, manager, { shards, hasFollowers: servers.length > 1 });
  }

  /** A plain publish, as `nats pub` does it. Objects go out as JSON, strings and bytes as they are. */
  publish(subject: string, payload: unknown, values: Readonly<Record<string, string>> = {}): void {
    const messageHeaders = headers();
    for (const [name, value] of Object.entries(values)) messageHeaders.set(name, value);
    this.#connection.publish(subject, bytesOf(payload), { headers: messageHeaders });
  }

  /** A JetStream publish, tried again while the broker is away. @returns the sequence it is stored under */
  async store(
    subject: string,
    payload: unknown,
    values: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const messageHeaders = headers();
    for (const [name, value] of Object.entries(values)) messageHeaders.set(name, value);
    const msgID = values['Nats-Msg-Id'] ?? randomUUID();
    for (let triesLeft = STORE_TRIES; ; triesLeft -= 1) {
      try {
        const options = { headers: messageHeaders, msgID, timeout: STORE_TIMEOUT_MS };
        return (await jetstream(this.#connection).publish(subject, bytesOf(payload), options)).seq;
      } catch (error) {
        if (triesLeft === 1) throw error;
      }
    }
  }

  /** The broker has handled everything published so far. */
  async flush(): Promise<void> {
    await this.#connection.flush();
  }

  /** Hears everything on a subject from now on; the list grows as it comes. */
  async listen(subject: string): Promise<readonly BrokerMessage[]> {
    const heard: BrokerMessage[] = [];
    this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) heard.push(brokerMessage(message));
      },
    });
    await this.#connection.flush();
    return heard;
  }

  /** The last stored message of a subject; undefined when there is none. */
  async lastStored(stream: StreamFamily, subject: string): Promise<BrokerMessage | undefined> {
    const name = streamHolding(subject, stream, this.#shards);
    const query = { last_by_subj: storedIn(name, subject) };
    const stored = await this.#manager.streams.getMessage(name, query);
    if (stored === null) return undefined;
    return { subject, text: stored.string(), header: (name) => stored.header.get(name) || undefined };
  }

  /** Everything stored on a literal subject, oldest first. */
  async readAll(stream: StreamFamily, subject: string): Promise<BrokerMessage[]> {
    const name = streamHolding(subject, stream, this.#shards);
    const filter = storedIn(name, subject);
    if (this.#hasFollowers) return this.readAllFromLeader(name, filter);
    const stored: BrokerMessage[] = [];
    for (let seq = 1; ;) {
      const next = await this.#manager.direct.getMessage(name, { seq, next_by_subj: filter });
      if (next === null) return stored;
      stored.push({
        subject: unsharded(next.subject),
        text: next.string(),
        header: (name) => next.header.get(name) || undefined,
      });
      seq = next.seq + 1;
    }
  }

  /** How many messages a stream holds. */
  async count(stream: string): Promise<number> {
    return (await this.#manager.streams.info(stream)).state.messages;
  }

  /** Removes everything below a sequence, as age or the stream's size does. */
  async trim(stream: string, below: number): Promise<void> {
    await this.#manager.streams.purge(stream, { seq: below });
  }

  /** As an operator's mistake does. Again while the broker has only just come back; gone is gone. */
  async deleteStream(stream: string): Promise<void> {
    for (let triesLeft = STORE_TRIES; ; triesLeft -= 1) {
      try {
        await this.#manager.streams.delete(stream);
        return;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return;
        if (triesLeft === 1) throw error;
      }
    }
  }

  /** The same of a stream whose followers answer nobody. */
  async readAllFromLeader(stream: string, subject: string): Promise<BrokerMessage[]> {
    const stored: BrokerMessage[] = [];
    for (let seq = 1; ;) {
      const query = { seq, next_by_subj: subject };
      const next = await this.#manager.streams.getMessage(stream, query);
      if (next === null) return stored;
      const { header } = next;
      stored.push({
        subject: unsharded(next.subject),
        text: next.string(),
        header: (name) => header.get(name) || undefined,
      });
      seq = next.seq + 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}

function brokerMessage(message: Msg): BrokerMessage {
  return {
    subject: message.subject,
    text: message.string(),
    header: (name) => message.headers?.get(name) || undefined,
  };
}

function bytesOf(payload: unknown): string | Uint8Array {
  return typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
}
