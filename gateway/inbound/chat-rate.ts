import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';

const WINDOW_MS = 60_000;

/**
 * So many new chats in any minute for each user, or each address without one: sessions are free, so nothing
 * that is counted by socket or session bounds what answers cost. Counted by this gateway alone.
 */
export class ChatRate {
  readonly #perMinute: number;
  readonly #clock: () => number;
  /** When each of the last chats of a key was taken, oldest first. */
  readonly #taken = new Map<string, number[]>();
  #sweptAtMs: number;

  /** @param perMinute may be infinite */
  constructor(perMinute: number, clock: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#sweptAtMs = clock();
  }

  /** How many keys are kept. */
  get size(): number {
    return this.#taken.size;
  }

  isSpent(key: string): boolean {
    return this.#recent(key).length >= this.#perMinute;
  }

  /**
   * Counts one chat. The returned function takes it back, for one that turned out not to be new.
   * @throws ProtocolError `RATE_LIMIT` with the time until the next one is let through
   */
  take(key: string, requestId: string): () => void {
    if (this.#perMinute === Infinity) return () => undefined;
    this.#sweep();
    const now = this.#clock();
    const times = this.#recent(key);
    const oldest = times.at(-this.#perMinute);
    if (oldest !== undefined) {
      throw new ProtocolError('RATE_LIMIT', { requestId, retryAfterMs: oldest + WINDOW_MS - now });
    }
    times.push(now);
    this.#taken.set(key, times);
    return () => {
      const index = times.indexOf(now);
      if (index >= 0) times.splice(index, 1);
    };
  }

  #recent(key: string): number[] {
    const times = this.#taken.get(key) ?? [];
    const since = this.#clock() - WINDOW_MS;
    while (times[0] !== undefined && times[0] <= since) times.shift();
    return times;
  }

  #sweep(): void {
    if (this.#clock() - this.#sweptAtMs < WINDOW_MS) return;
    this.#sweptAtMs = this.#clock();
    for (const key of this.#taken.keys()) if (this.#recent(key).length === 0) this.#taken.delete(key);
  }
}
