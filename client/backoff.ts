export interface BackoffOptions {
  /** What the first delay is below, milliseconds; 500 by default. */
  readonly baseMs?: number;
  /** What every delay is below, milliseconds; 20,000 by default. */
  readonly maxMs?: number;
}

/** Full jitter: anything below a bound that doubles with every attempt, so that many never come at once. */
export function backoffMs(attempt: number, { baseMs = 500, maxMs = 20_000 }: BackoffOptions): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** attempt);
}
