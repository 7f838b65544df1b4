import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';

/** A client may send this many seconds' worth at once. */
const BURST_SECONDS = 2;

/** A token bucket: so many messages a second, with a burst. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, nowMs = performance.now()) {
    this.#perSecond = perSecond;
    this.#capacity = perSecond * BURST_SECONDS;
    this.#tokens = this.#capacity;
    this.#filledAtMs = nowMs;
  }

  /** @throws ProtocolError `RATE_LIMIT` with the time until the next one is let through */
  take(nowMs = performance.now()): void {
    const gained = ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) {
      throw new ProtocolError('RATE_LIMIT', {
        retryAfterMs: Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000),
      });
    }
    this.#tokens -= 1;
  }
}
