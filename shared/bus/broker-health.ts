import type { Bus } from './bus.ts';

const CHECK_INTERVAL_MS = 1_000;
/** After this long without an answer nothing new is taken in. */
const PATIENCE_MS = 3_000;

/** Whether the broker answers: asked all the time, so that nobody has to wait to know. */
export class BrokerHealth implements Disposable {
  readonly #bus: Bus;
  readonly #onAnswer: (tookMs: number) => void;
  readonly #timer: NodeJS.Timeout;
  #lastAnswerMs = performance.now();
  #asking = false;

  /** `onAnswer` is told how long each answer took, milliseconds. */
  constructor(bus: Bus, onAnswer: (tookMs: number) => void = () => undefined) {
    this.#bus = bus;
    this.#onAnswer = onAnswer;
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
    const askedMs = performance.now();
    try {
      await this.#bus.roundTrip(PATIENCE_MS);
      this.#lastAnswerMs = performance.now();
      this.#onAnswer(this.#lastAnswerMs - askedMs);
    } catch {
      // The time of the last answer says it all.
    } finally {
      this.#asking = false;
    }
  }
}
