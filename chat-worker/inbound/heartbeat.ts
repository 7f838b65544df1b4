const BEATS_PER_ACK_WAIT = 3;

export interface HeartbeatOptions {
  readonly ackWaitMs: number;
  /** Puts the queue's deadline off. */
  readonly tellQueue: () => void;
  /** Asks the broker whether the chat was cancelled. */
  readonly cancelRequested: () => Promise<boolean>;
  readonly onCancelled: () => void;
  /** Grows with every write the broker confirmed. */
  readonly written: () => number;
  /** Nothing was confirmed for a whole ack wait: somebody else may have the chat by now. */
  readonly onSilence: () => void;
}

/**
 * What a running chat does beside its answer, three times in an ack wait: tells the queue that it lives,
 * looks for a cancel that the live path may have lost, and notices when the broker is gone. It counts
 * beats, not time: a process that slept has missed none.
 */
export class Heartbeat implements Disposable {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #written = 0;
  #heard = true;
  #silentBeats = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), options.ackWaitMs / BEATS_PER_ACK_WAIT);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#options.tellQueue();
    const written = this.#options.written();
    const silent = !this.#heard && written === this.#written;
    this.#written = written;
    this.#heard = false;
    this.#silentBeats = silent ? this.#silentBeats + 1 : 0;
    if (this.#silentBeats >= BEATS_PER_ACK_WAIT) this.#options.onSilence();
    void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const cancelled = await this.#options.cancelRequested();
      this.#heard = true;
      if (cancelled) this.#options.onCancelled();
    } catch {
      // No answer is what the beats count; the next one asks again.
    } finally {
      this.#asking = false;
    }
  }
}
