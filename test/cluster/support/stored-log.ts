import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { RoleClient } from '../../support/role-broker.ts';

/** One event of a chat's log, as the broker keeps it. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly messageId: string;
  /** Where it was to follow on; 0 when it was to be the first. */
  readonly expected: number | undefined;
  readonly event: {
    readonly type: string;
    readonly id?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

/** Reads logs as a gateway may, past the gateways. */
export class LogReader implements AsyncDisposable {
  readonly #client: RoleClient;
  readonly #manager: JetStreamManager;

  private constructor(client: RoleClient, manager: JetStreamManager) {
    this.#client = client;
    this.#manager = manager;
  }

  static async connect(natsUrl: string): Promise<LogReader> {
    const client = await RoleClient.connect(natsUrl, 'gateway');
    return new LogReader(client, await jetstreamManager(client.connection, { checkAPI: false }));
  }

  get serverVersion(): string {
    return this.#client.connection.info?.version ?? '';
  }

  /** Everything stored of one chat, oldest first, as the stream's leader has it. */
  async logOf(sessionId: string, requestId: string): Promise<readonly LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    for (let seq = 1; ;) {
      const query = { seq, next_by_subj: `session.${sessionId}.chat.${requestId}` };
      const stored = await this.#manager.streams.getMessage('SESSIONS', query);
      if (stored === null) return found;
      const event = stored.json<LoggedEvent['event']>();
      const expected = stored.header.get('Nats-Expected-Last-Subject-Sequence');
      found.push({
        sequence: stored.seq,
        messageId: stored.header.get('Nats-Msg-Id'),
        expected: expected === '' ? undefined : Number(expected),
        event,
      });
      seq = stored.seq + 1;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}
