import { chatLogEvent, typeOfLogEvent, type ChatLogEvent } from '../bus-protocol/chat-log.ts';
import type { ChatAttempt, ChatHistory } from '../bus-protocol/inspection.ts';
import { parsePayload } from '../bus-protocol/parse-payload.ts';
import type { StoredMessage } from '../bus/bus.ts';

type Attempt = { -readonly [Key in keyof ChatAttempt]: ChatAttempt[Key] };

/** Puts together who did what when from a chat's log. Of its text nothing is kept, and chunks aren't parsed. */
export class ChatDigest {
  readonly #attempts: Attempt[] = [];
  #firstSequence = 0;
  #lastSequence = 0;
  #acceptedAtMs: number | null = null;
  #restarts = 0;
  #end: ChatHistory['end'] = null;

  /** The log's messages, in their order. */
  add(message: StoredMessage): void {
    const { sequence, storedAtMs } = message;
    if (this.#firstSequence === 0) this.#firstSequence = sequence;
    this.#lastSequence = sequence;
    const type = typeOfLogEvent(message.data);
    if (type === 'claim') this.#claim(message);
    const attempt = this.#attempts.at(-1);
    if (attempt !== undefined) attempt.last_at_ms = storedAtMs;
    if (type === 'chat_accepted') this.#acceptedAtMs = storedAtMs;
    else if (type === 'chat') this.#chunk(attempt, storedAtMs);
    else if (type === 'tool_calls' && attempt !== undefined) attempt.look_ups += 1;
    else if (type === 'chat_restart') this.#restarts += 1;
    else if (type === 'handover' && attempt !== undefined) attempt.outcome = 'handed over';
    else if (type === 'chat_complete' || type === 'error') {
      this.#end = { outcome: outcomeOf(decode(message)), at_ms: storedAtMs };
      // Also the third that was lost: who finds it writes the end without a claim of its own.
      if (attempt?.outcome === 'running') attempt.outcome = 'ended';
    }
  }

  /** @param cancelAtMs when somebody wanted it to end */
  history(sessionId: string, requestId: string, cancelAtMs: number | null): ChatHistory {
    return {
      session_id: sessionId,
      request_id: requestId,
      first_sequence: this.#firstSequence,
      last_sequence: this.#lastSequence,
      accepted_at_ms: this.#acceptedAtMs,
      attempts: this.#attempts,
      restarts: this.#restarts,
      cancel_at_ms: cancelAtMs,
      end: this.#end,
    };
  }

  #claim(message: StoredMessage): void {
    const event = decode(message);
    if (event?.type !== 'claim') return;
    const before = this.#attempts.at(-1);
    if (before?.outcome === 'running') before.outcome = 'lost';
    this.#attempts.push({
      attempt: event.data.attempt,
      worker: event.data.worker,
      claimed_at_ms: message.storedAtMs,
      first_chunk_at_ms: null,
      chunks: 0,
      look_ups: 0,
      last_at_ms: message.storedAtMs,
      outcome: 'running',
    });
  }

  #chunk(attempt: Attempt | undefined, storedAtMs: number): void {
    if (attempt === undefined) return;
    attempt.chunks += 1;
    attempt.first_chunk_at_ms ??= storedAtMs;
  }
}

function decode(message: StoredMessage): ChatLogEvent | undefined {
  return chatLogEvent.safeParse(parsePayload(message.data)).data;
}

function outcomeOf(event: ChatLogEvent | undefined): 'completed' | 'cancelled' | 'failed' {
  return event?.type === 'chat_complete' ? event.data.status : 'failed';
}
