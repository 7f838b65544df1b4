import type { LoggedChat } from './logged-chat.ts';
import type { QueuedChat } from './queued-chat.ts';

/** Workers lost over one chat before it ends in an error. A handover is no loss. */
const MAX_ATTEMPTS = 3;
/** A backstop for what never gets as far as a claim. */
const MAX_DELIVERIES = 20;

/** Why a chat ends in `CHAT_FAILED`: a closed list, for logs and metrics. */
export type FailureReason =
  | 'unreadable_request'
  | 'log_without_beginning'
  | 'attempts_exhausted'
  | 'delivered_too_often'
  | 'waited_too_long'
  | 'answer_too_long'
  | 'agent_failed';

export interface Failure {
  readonly reason: FailureReason;
  /** Whether the same question may work when it is asked again. */
  readonly retryable: boolean;
}

export type Verdict =
  | { readonly kind: 'drop'; readonly reason: 'ended' | 'duplicate' }
  /** The gateway has not written the first event: the worker does. */
  | { readonly kind: 'accept' }
  | { readonly kind: 'fail'; readonly failure: Failure }
  | { readonly kind: 'claim'; readonly attempt: number };

/** What to do with a chat that was just taken from the queue: the log decides. */
export function judge(log: LoggedChat, chat: QueuedChat): Verdict {
  if (log.ended) return { kind: 'drop', reason: 'ended' };
  // A second item of the same chat must never fence the worker that runs it.
  if (log.item !== undefined && log.item !== chat.item) return { kind: 'drop', reason: 'duplicate' };
  if (log.empty && chat.request() !== undefined) return { kind: 'accept' };
  if (log.attempts >= MAX_ATTEMPTS) {
    return { kind: 'fail', failure: { reason: 'attempts_exhausted', retryable: true } };
  }
  return { kind: 'claim', attempt: log.attempts + 1 };
}

/**
 * Why a chat ends at once although it could be claimed; undefined when it can be answered. Asked after the
 * claim, so that a payload that brings workers down is counted by its claims.
 */
export function refusal(log: LoggedChat, chat: QueuedChat, maxWaitMs: number): Failure | undefined {
  if (chat.request() === undefined) return { reason: 'unreadable_request', retryable: false };
  // The stream was trimmed at its head while the chat waited.
  if (log.message === undefined) return { reason: 'log_without_beginning', retryable: true };
  if (chat.deliveryCount >= MAX_DELIVERIES) return { reason: 'delivered_too_often', retryable: true };
  if (log.claims === 0 && chat.waitedMs > maxWaitMs) return { reason: 'waited_too_long', retryable: true };
  return undefined;
}
