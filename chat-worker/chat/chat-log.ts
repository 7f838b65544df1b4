import type { ChatLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import type { LoggedChat } from './logged-chat.ts';

/** What a worker adds to a chat's log. */
export type WorkerEvent = Exclude<ChatLogEvent, { type: 'chat_accepted' }>;

/** The finished first event of a log, as the gateway made it. */
export interface AcceptedEvent {
  readonly event: string;
  readonly messageId: string;
}

/**
 * The durable log of one chat. Every write is refused when somebody else has written since it was read:
 * then this worker no longer runs the chat.
 */
export interface ChatLog {
  /** Everything in it; what is appended later follows on this. */
  read(): Promise<LoggedChat>;
  /** Writes the first event, unless the log already has one. Returns what is there now, as `read` does. */
  accept(accepted: AcceptedEvent): Promise<LoggedChat>;
  /**
   * @throws FencedError another worker has taken the chat
   * @throws UnavailableError not confirmed in time: it may be stored all the same
   */
  append(event: WorkerEvent): Promise<void>;
}
