/** Errors that mean: the same message, a little later. */
export const AGAIN_CODES: ReadonlySet<string> = new Set(['RATE_LIMIT', 'UNAVAILABLE']);

/** The server answers in much less, if only to say that it can't. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Long enough to earn the right to several messages: who only just may send soon may not again. */
const MIN_PAUSE_MS = 1_000;

/** The one timer of a queue whose head waits: for an answer, or for its next try. */
export class Again {
  /** A try is put off: nothing is sent before it. */
  isDue = false;
  readonly #run: (wasPutOff: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `run` is told whether its time has come, or an answer has not. */
  constructor(run: (wasPutOff: boolean) => void) {
    this.#run = run;
  }

  /** Tries again, not before the server said. */
  in(retryAfterMs = 0): void {
    this.isDue = true;
    this.#wait(Math.max(MIN_PAUSE_MS, retryAfterMs) * (1 + Math.random() / 2));
  }

  unlessAnswered(): void {
    this.#wait(ANSWER_TIMEOUT_MS);
  }

  /** What was waited for has come; a try that is put off stays so. */
  answered(): void {
    if (!this.isDue) this.stop();
  }

  stop(): void {
    this.isDue = false;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const wasPutOff = this.isDue;
      this.isDue = false;
      this.#run(wasPutOff);
    }, ms);
  }
}
