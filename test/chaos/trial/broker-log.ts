import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import type { StreamName } from '../../../shared/bus-protocol/streams.ts';
import { moment, type ChatId, type Moment } from './moments.ts';

/** One stored message. */
export interface Stored {
  readonly subject: string;
  readonly sequence: number;
  readonly text: string;
  readonly messageId: string;
}

const TRY_TIMEOUT_MS = 1_000;

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

  static async open(port: number): Promise<BrokerLog> {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
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
        await delay(50); // Not known whether it is stored: the same id again.
      }
    }
  }

  async last(stream: StreamName): Promise<number> {
    const manager = await jetstreamManager(this.#connection, { checkAPI: false });
    return (await manager.streams.info(stream)).state.last_seq;
  }

  /** Everything stored in a stream after a position. */
  async readAfter(stream: StreamName, position: number): Promise<Stored[]> {
    const manager = await jetstreamManager(this.#connection, { checkAPI: false });
    const { state } = await manager.streams.info(stream);
    if (state.last_seq <= position) return [];
    const consumer = await jetstream(this.#connection).consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: position + 1,
    });
    const stored: Stored[] = [];
    while (stored.at(-1)?.sequence !== state.last_seq) {
      for await (const message of await consumer.fetch({ max_messages: 500, expires: 2_000 })) {
        const messageId = message.headers?.get('Nats-Msg-Id') ?? '';
        stored.push({ subject: message.subject, sequence: message.seq, text: message.string(), messageId });
        if (message.info.pending === 0) break;
      }
    }
    return stored;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}
