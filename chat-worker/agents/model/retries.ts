import type { AgentEvents } from '../agent.ts';
import { pause } from '../../../shared/lifecycle/on-abort.ts';
import { ModelError } from './model-error.ts';
import type { ModelResponse } from './model-response.ts';
import type { RateGate } from './rate-gate.ts';

export interface RetrySettings {
  /** How often a request is sent again. */
  readonly retries: number;
  /** The first pause; each later one is twice as long. */
  readonly firstPauseMs: number;
}

const LONGEST_PAUSE_MS = 8_000;

export interface Asking {
  readonly gate: RateGate;
  readonly events: AgentEvents;
  readonly signal: AbortSignal;
}

/**
 * The text of a response that is asked for again when it fails, as long as none of it was given out: what
 * was said is never taken back. Resolves to the response that ended well.
 * @throws ModelError
 * @throws the reason of the signal
 */
export async function* untilAnswered(
  ask: () => { readonly response: ModelResponse; readonly pieces: AsyncIterable<string> },
  { retries, firstPauseMs }: RetrySettings,
  { gate, events, signal }: Asking,
): AsyncGenerator<string, ModelResponse> {
  for (let tries = 0; ; tries += 1) {
    await gate.passed(signal);
    const { response, pieces } = ask();
    try {
      yield* pieces;
      return response;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (error.waitMs !== undefined) gate.close(error.waitMs);
      if (response.hasText || !error.mayRetry || tries >= retries) throw error;
      const pauseMs = error.waitMs === undefined ? backoffMs(firstPauseMs, tries) : 0;
      events.retried({ reason: error.reason, waitMs: Math.round(Math.max(pauseMs, gate.remainingMs)) });
      await pause(pauseMs, signal);
    }
  }
}

/** Between half and the whole of a pause that doubles, so that many chats do not come back together. */
function backoffMs(firstPauseMs: number, tries: number): number {
  return Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** tries) * (0.5 + Math.random() / 2);
}
