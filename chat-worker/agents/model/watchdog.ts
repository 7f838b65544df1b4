import { LinkedAbort } from './linked-abort.ts';
import { ModelError, type ModelErrorReason } from './model-error.ts';

export interface Patience {
  readonly firstTokenMs: number;
  readonly betweenTokensMs: number;
}

/** After the reason of the end comes nothing but the count of tokens: nobody waits long for that. */
const AFTER_END_MS = 1_000;

/**
 * Ends a request whose model is silent for too long. Only the time in which the model is waited for
 * counts: a reader who takes his time is not the model's fault.
 */
export class Watchdog implements Disposable {
  readonly #patience: Patience;
  readonly #abort: LinkedAbort;
  #reason: ModelErrorReason = 'first_token_timeout';
  #remainingMs: number;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(patience: Patience, outer: AbortSignal) {
    this.#patience = patience;
    this.#remainingMs = patience.firstTokenMs;
    this.#abort = new LinkedAbort(outer);
  }

  /** Aborted with a `ModelError` when it took too long, and with the outer signal's reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The model is waited for. */
  start(): void {
    this.#startedMs = performance.now();
    this.#timer = setTimeout(() => this.#expire(), this.#remainingMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#remainingMs = Math.max(0, this.#remainingMs - (performance.now() - this.#startedMs));
  }

  /** The model did something. */
  token(): void {
    this.#reason = 'between_tokens_timeout';
    this.#remainingMs = this.#patience.betweenTokensMs;
  }

  /** The model said that its answer is over. */
  ended(): void {
    this.#remainingMs = Math.min(AFTER_END_MS, this.#patience.betweenTokensMs);
  }

  /** Ends the request, if it still runs. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort[Symbol.dispose]();
  }

  #expire(): void {
    this.#abort.abort(new ModelError(this.#reason, 'The model was silent for too long'));
  }
}
