import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import { unsharded } from '../../../shared/bus-protocol/session-shards.ts';
import type { StreamName } from '../../../shared/bus-protocol/streams.ts';
import { moment, type ChatId, type Moment } from './moments.ts';

/** One stored message. */
export interface Stored {
  readonly subject: string;
  readonly sequence: number;
  readonly text: string;
  readonly messageId: string;
  /** After which of its subject it was to be stored; undefined where its writer did not say. */
  readonly expected: number | undefined;
}

/** The last sequence of each of some streams. */
export type Ends = ReadonlyMap<StreamName, number>;

const EXPECTED_HEADER = 'Nats-Expected-Last-Subject-Sequence';
const TRY_TIMEOUT_MS = 1_000;
const PAUSE_MS = 50;
/** The broker has just come back: its connection, and this one's, may take a moment. */
const READ_PATIENCE_MS = 20_000;

/** The machine's own way to the broker, which no fault is made on: it sees what is stored and adds to it. */
export class BrokerLog implements AsyncDisposable {
  readonly #connection: NatsConnection;
  /** Told of what is stored in the sessions' logs, as it happens; at most once. */
  onMoment: (moment: Moment, of: ChatId, worker: string | undefined) => void = () => undefined;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    connection.subscribe('live.session.*.chat.*', {
      callback: (error, message) => {
        const subject = parseSessionSubject(message.subject.slice('live.'.length));
        if (error !== null || subject?.kind !== 'chat') return;
        const found = moment(message.string());
        if (found !== undefined) this.onMoment(found.moment, subject, found.worker);
      },
    });
  }

  static async open(natsUrl: string): Promise<BrokerLog> {
    const connection = await connect({
      servers: natsUrl.split(','),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      pingInterval: 1_000,
      maxPingOut: 2,
    });
    return new BrokerLog(connection);
  }

  /** Stores a message and does not stop before the broker said so. */
  async store(subject: string, body: object, messageId: string, signal: AbortSignal): Promise<void> {
    const values = headers();
    values.set('Nats-Msg-Id', messageId);
    const client = jetstream(this.#connection, { timeout: TRY_TIMEOUT_MS });
    for (;;) {
      signal.throwIfAborted();
      try {
        await client.publish(subject, JSON.stringify(body), { headers: values });
        return;
      } catch {
        await delay(PAUSE_MS); // Not known whether it is stored: the same id again.
      }
    }
  }

  get serverVersion(): string {
    return this.#connection.info?.version ?? '';
  }

  /** Where the streams end now. */
  async ends(streams: readonly StreamName[]): Promise<Ends> {
    const found = streams.map(async (stream) => [stream, await this.#last(stream)] as const);
    return new Map(await Promise.all(found));
  }

  /** Everything stored in these streams after these places, stream by stream. */
  async readAfter(begin: Ends): Promise<Stored[]> {
    const stored: Stored[] = [];
    for (const [stream, position] of begin) {
      const end = await this.#last(stream);
      if (end > position) stored.push(...(await patiently(() => this.#read(stream, position + 1, end))));
    }
    return stored;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  #last(stream: StreamName): Promise<number> {
    return patiently(async () => {
      const manager = await jetstreamManager(this.#connection, { checkAPI: false });
      return (await manager.streams.info(stream)).state.last_seq;
    });
  }

  async #read(stream: StreamName, start: number, end: number): Promise<Stored[]> {
    const consumer = await jetstream(this.#connection).consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: start,
    });
    const stored: Stored[] = [];
    // More may have been stored meanwhile.
    while ((stored.at(-1)?.sequence ?? 0) < end) {
      const count = stored.length;
      for await (const message of await consumer.fetch({ max_messages: 500, expires: 2_000 })) {
        const messageId = message.headers?.get('Nats-Msg-Id') ?? '';
        const subject = unsharded(message.subject);
        const expected = message.headers?.get(EXPECTED_HEADER);
        stored.push({
          subject,
          sequence: message.seq,
          text: message.string(),
          messageId,
          expected: expected === undefined || expected === '' ? undefined : Number(expected),
        });
        if (message.info.pending === 0) break;
      }
      if (stored.length === count) throw new Error(`${stream} ends before ${end}`);
    }
    return stored;
  }
}

/** Reads again until it works: nothing is broken for good between two trials. */
async function patiently<Result>(read: () => Promise<Result>): Promise<Result> {
  const deadlineMs = performance.now() + READ_PATIENCE_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(PAUSE_MS);
    }
  }
}
