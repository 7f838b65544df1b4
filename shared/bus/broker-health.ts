import type { Bus } from './bus.ts';

const CHECK_INTERVAL_MS = 1_000;
/** After this long without an answer nothing new is taken in. */
const PATIENCE_MS = 3_000;

/** Whether the broker answers: asked all the time, so that nobody has to wait to know. */
export class BrokerHealth implements Disposable {
  readonly #bus: Bus;
  readonly #timer: NodeJS.Timeout;
  #lastAnswerMs = performance.now();
  #asking = false;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#timer = setInterval(() => void this.#ask(), CHECK_INTERVAL_MS);
  }

  get answers(): boolean {
    return performance.now() - this.#lastAnswerMs < PATIENCE_MS;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.#bus.roundTrip(PATIENCE_MS);
      this.#lastAnswerMs = performance.now();
    } catch {
      // The time of the last answer says it all.
    } finally {
      this.#asking = false;
    }
  }
}
