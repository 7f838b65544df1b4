import { pause } from '../../../shared/lifecycle/on-abort.ts';
import { ModelError } from './model-error.ts';

/** Nobody watches an empty answer for longer: what would have to wait more fails, and may be asked again. */
const LONGEST_WAIT_MS = 60_000;
/** Those that waited do not all start at once. */
const SPREAD_MS = 250;

/**
 * What a server asked of one chat holds for all of this worker: while it wants to be left alone nobody
 * sends it anything.
 */
export class RateGate {
  readonly #now: () => number;
  #closedUntil = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  close(forMs: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#now() + forMs);
  }

  /** How long it stays closed. */
  get remainingMs(): number {
    return Math.max(0, this.#closedUntil - this.#now());
  }

  /**
   * @throws ModelError when it stays closed for too long
   * @throws the reason of the signal
   */
  async passed(signal: AbortSignal): Promise<void> {
    while (this.remainingMs > 0) {
      if (this.remainingMs > LONGEST_WAIT_MS) {
        throw new ModelError('rate_limited', 'The model wants to be left alone for too long', {
          mayRetry: false,
        });
      }
      await pause(this.remainingMs + Math.random() * SPREAD_MS, signal);
    }
  }
}
