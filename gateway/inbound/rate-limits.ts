import { RateLimit } from './rate-limit.ts';

const SWEEP_MS = 10_000;

/** One rate limit for each who asks without a socket. */
export class RateLimits {
  readonly #perSecond: number;
  readonly #clock: () => number;
  /** Those that were used since the last sweep, and those used between the two before it. */
  #recent = new Map<string, RateLimit>();
  #earlier = new Map<string, RateLimit>();
  #sweptAtMs: number;

  constructor(perSecond: number, clock: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#sweptAtMs = clock();
  }

  /** How many are kept. */
  get size(): number {
    return this.#recent.size + this.#earlier.size;
  }

  /** @throws ProtocolError `RATE_LIMIT` with the time until the next one is let through */
  take(key: string): void {
    const now = this.#clock();
    this.#sweep(now);
    const limit = this.#recent.get(key) ?? this.#earlier.get(key) ?? new RateLimit(this.#perSecond, now);
    this.#earlier.delete(key);
    this.#recent.set(key, limit);
    limit.take(now);
  }

  /** One that was not used for so long is full again, as a new one is. */
  #sweep(now: number): void {
    if (now - this.#sweptAtMs < SWEEP_MS) return;
    const isFresh = now - this.#sweptAtMs < 2 * SWEEP_MS;
    this.#earlier = isFresh ? this.#recent : new Map<string, RateLimit>();
    this.#recent = new Map();
    this.#sweptAtMs = now;
  }
}
