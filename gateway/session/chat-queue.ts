import { MAX_WAITING_CHATS } from '../../shared/socket-protocol/limits.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { Span } from '../../shared/telemetry/tracing.ts';
import type { Connection } from './connection.ts';

/** One chat as its client asked for it. */
export interface ChatRequestDraft {
  readonly requestId: string;
  /** Whether the client chose the id: only then can it be a repeat. */
  readonly named: boolean;
  readonly message: string;
  readonly agentId: string | undefined;
  /** By the process's clock. */
  readonly receivedAtMs: number;
  /** The root of its trace; ended by whoever lets go of the draft. */
  readonly trace: Span | undefined;
}

/** What the queue needs of the rest of the gateway. */
export interface ChatQueueActions {
  /** Hands the chat to a worker; resolves when it has ended, or at once when it was a repeat. */
  run(draft: ChatRequestDraft): Promise<void>;
  /**
   * Answers a repeat of a chat that the session already has, or is just getting. False when it has none of
   * that id.
   */
  answerRepeat(draft: ChatRequestDraft): Promise<boolean>;
}

/** Within one socket a second chat waits until the first has ended. What waits lives here only. */
export class ChatQueue {
  readonly #connection: Connection;
  readonly #actions: ChatQueueActions;
  #running: ChatRequestDraft | undefined;
  readonly #waiting: ChatRequestDraft[] = [];

  constructor(connection: Connection, actions: ChatQueueActions) {
    this.#connection = connection;
    this.#actions = actions;
  }

  /** Ids of what waits, in its order. */
  get waiting(): readonly string[] {
    return this.#waiting.map(({ requestId }) => requestId);
  }

  /** @throws ProtocolError `LIMIT` when too many wait, `UNAVAILABLE` when a repeat can't be told from a new one */
  async submit(draft: ChatRequestDraft): Promise<void> {
    if (this.#running === undefined) {
      await this.#start(draft);
      return;
    }
    if (this.#positionOf(draft.requestId) !== undefined) {
      this.#announce(draft);
      draft.trace?.end();
      return;
    }
    const isRunning = this.#isRunning(draft.requestId);
    if (isRunning || this.#waiting.length >= MAX_WAITING_CHATS) {
      // A repeat starts nothing and never waits, so no limit is in its way.
      if (draft.named && (await this.#actions.answerRepeat(draft))) {
        draft.trace?.end();
        return;
      }
      // What it would have repeated was not accepted: it is the first.
      if (isRunning && !this.#isRunning(draft.requestId)) return this.submit(draft);
      throw new ProtocolError('LIMIT', { requestId: draft.requestId });
    }
    // Its place is kept while the broker is asked: a repeat starts nothing and never waits.
    this.#waiting.push(draft);
    if (draft.named && (await this.#isRepeat(draft))) this.#remove(draft);
    else this.#announce(draft);
  }

  /** Takes a waiting chat out. False when none of that id waits here. */
  cancel(requestId: string): boolean {
    const draft = this.#waiting.find((waiting) => waiting.requestId === requestId);
    if (draft === undefined) return false;
    this.#remove(draft);
    this.#connection.reply('chat_complete', {
      status: 'cancelled',
      request_id: requestId,
      agent_id: null,
      agent_name: null,
      content: '',
      is_complete: true,
    });
    return true;
  }

  /** The socket is gone, and with it what waits: nobody will end those traces otherwise. */
  letGo(): void {
    this.#running?.trace?.end();
    for (const { trace } of this.#waiting.splice(0)) trace?.end();
  }

  async #start(first: ChatRequestDraft): Promise<void> {
    for (
      let draft: ChatRequestDraft | undefined = first;
      draft !== undefined;
      draft = this.#waiting.shift()
    ) {
      if (this.#connection.closed) return;
      this.#running = draft;
      await this.#actions.run(draft);
      this.#running = undefined;
    }
  }

  async #isRepeat(draft: ChatRequestDraft): Promise<boolean> {
    try {
      return await this.#actions.answerRepeat(draft);
    } catch (error) {
      // Not known: it waits like a new one, and is looked up again when its turn comes.
      if (error instanceof ProtocolError && error.code === 'UNAVAILABLE') return false;
      throw error;
    }
  }

  #announce(draft: ChatRequestDraft): void {
    const position = this.#positionOf(draft.requestId);
    if (position !== undefined) {
      this.#connection.reply('queued', { request_id: draft.requestId, position });
    }
  }

  #isRunning(requestId: string): boolean {
    return this.#running?.requestId === requestId;
  }

  #positionOf(requestId: string): number | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.requestId === requestId);
    return index < 0 ? undefined : index + 1;
  }

  #remove(draft: ChatRequestDraft): void {
    const index = this.#waiting.indexOf(draft);
    if (index >= 0) this.#waiting.splice(index, 1);
    draft.trace?.end();
  }
}
