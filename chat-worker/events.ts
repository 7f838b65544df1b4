import type { BusStatus } from '../shared/bus/bus.ts';
import { AppError } from '../shared/errors/app-error.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { ChatEvents } from './chat/chat-events.ts';

/** Which chat an event is about. Ids are fields of a line, never part of its text or of a label. */
export interface ChatIds {
  readonly sessionId: string;
  readonly requestId: string;
  /** When the request was stored in the queue, milliseconds since the epoch. */
  readonly queuedAtMs: number;
}

/**
 * Everything that happens in a worker and that an operator may want to know, one function each. What
 * people and agents wrote is in none of it.
 */
export class WorkerEvents {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  started(worker: { workerId: string; adminUrl: string; brokerVersion: string }): void {
    const { workerId, adminUrl, brokerVersion } = worker;
    this.#logger.info({ worker: workerId, admin_url: adminUrl, broker: brokerVersion }, 'taking chats');
  }

  draining(running: number): void {
    this.#logger.info({ running }, 'draining');
  }

  drained(abandoned: number): void {
    if (abandoned === 0) this.#logger.info('drained');
    else this.#logger.warn({ abandoned }, 'drained, chats left to the acknowledgement deadline');
  }

  waitingForBroker(error: unknown): void {
    this.#logger.warn({ error: describe(error) }, 'waiting for the broker');
  }

  brokerStatusChanged(status: BusStatus): void {
    this.#logger[status === 'connected' ? 'info' : 'warn']({ status }, 'broker connection');
  }

  handlerFailed(subject: string, error: unknown): void {
    this.#logger.error({ subject, err: error }, 'handler of a live message failed');
  }

  pullFailed(error: unknown): void {
    this.#logger.warn({ error: describe(error) }, 'queue not reached');
  }

  /** An item whose subject names no chat: nobody waits for it. */
  itemRefused(item: number): void {
    this.#logger.warn({ item }, 'queue item without a chat');
  }

  fenced(chat: ChatIds): void {
    this.#logger.warn(fieldsOf(chat), 'fenced: another worker runs the chat');
  }

  /** The broker did not confirm: the queue delivers the chat again. */
  gaveUp(chat: ChatIds, error: unknown): void {
    this.#logger.warn({ ...fieldsOf(chat), error: describe(error) }, 'chat given up, to be delivered again');
  }

  /** A defect of ours: the chat is delivered again, until its attempts are used up. */
  runFailed(chat: ChatIds, error: unknown): void {
    this.#logger.error({ ...fieldsOf(chat), err: error }, 'chat run failed');
  }

  /** Harmless: the item comes again and finds the end in the log. */
  ackLost(chat: ChatIds, error: unknown): void {
    this.#logger.warn({ ...fieldsOf(chat), error: describe(error) }, 'acknowledgement not confirmed');
  }

  /** The events of one chat. */
  ofChat(chat: ChatIds): ChatEvents {
    const fields = fieldsOf(chat);
    const sinceQueued = (): { ms: number } => ({ ms: Date.now() - chat.queuedAtMs });
    return {
      dropped: (reason) => this.#logger.info({ ...fields, reason }, 'queue item dropped'),
      claimed: ({ attempt, waitedMs, chunksBefore }) =>
        this.#logger.info(
          { ...fields, attempt, waited_ms: waitedMs, chunks_before: chunksBefore },
          'chat claimed',
        ),
      restarted: (attempt) => this.#logger.warn({ ...fields, attempt }, 'answer restarted'),
      tokensUsed: ({ prompt, completion }) =>
        this.#logger.info({ ...fields, prompt, completion }, 'model tokens'),
      toolsCalled: (names) => this.#logger.debug({ ...fields, tools: names }, 'looked up'),
      retried: ({ reason, waitMs }) =>
        this.#logger.warn({ ...fields, reason, wait_ms: waitMs }, 'model asked again'),
      firstChunk: () => this.#logger.debug({ ...fields, ...sinceQueued() }, 'first chunk'),
      completed: ({ status, agentId, chunks }) =>
        this.#logger.info({ ...fields, ...sinceQueued(), status, agent: agentId, chunks }, 'chat complete'),
      failed: ({ reason, agentId, chunks, cause }) =>
        this.#logger.warn(
          { ...fields, ...sinceQueued(), reason, agent: agentId, chunks, ...causeOf(cause) },
          'chat failed',
        ),
      handedOver: (why) => this.#logger.info({ ...fields, why }, 'chat handed over'),
    };
  }
}

function fieldsOf({ sessionId, requestId }: ChatIds): { session_id: string; request_id: string } {
  return { session_id: sessionId, request_id: requestId };
}

/** Errors of ours say nothing a person wrote; of any other only the kind is told. */
function causeOf(cause: unknown): { error?: string } {
  if (cause === undefined) return {};
  if (cause instanceof AppError) return { error: `${cause.code}: ${cause.message}` };
  return { error: cause instanceof Error ? cause.name : typeof cause };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
