const TICK_MS = 250;
/** A loop that stood still for this long keeps every client waiting. */
const STUCK_MS = 2_000;
/** How long that counts: whatever made it stand still is likely to do it again. */
const REMEMBERED_MS = 5_000;

/**
 * Notices when the event loop stood still. While it does nobody can ask; right afterwards the answer is
 * that the service is not ready, so that new clients go to one that keeps up.
 */
export class EventLoopWatch implements Disposable {
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastTickMs: number;
  #stuckUntilMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lastTickMs = now();
    this.#timer = setInterval(() => {
      this.#tick();
    }, TICK_MS).unref();
  }

  get isStuck(): boolean {
    // Asked before its own timer had its turn, as the first thing after the loop moves again.
    this.#notice();
    return this.#now() < this.#stuckUntilMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#notice();
    this.#lastTickMs = this.#now();
  }

  #notice(): void {
    const now = this.#now();
    if (now - this.#lastTickMs > STUCK_MS) this.#stuckUntilMs = now + REMEMBERED_MS;
  }
}
