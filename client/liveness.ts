export interface LivenessOptions {
  /** After this long without a frame the server is asked for one, milliseconds; 25,000 by default. */
  readonly pingIntervalMs?: number;
  /** A ping nothing follows for this long means that the socket is dead, milliseconds; 8,000 by default. */
  readonly pingTimeoutMs?: number;
}

/**
 * Finds sockets that are open and dead: a network that went away tells nobody. Any frame is a sign of life.
 * One timer, moved rarely: a frame only notes the time.
 */
export class Liveness {
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAtMs = 0;
  /** When the ping was sent that nothing followed yet. */
  #askedAtMs: number | undefined;

  constructor(options: LivenessOptions, ping: () => void, dead: () => void) {
    this.#intervalMs = options.pingIntervalMs ?? 25_000;
    this.#timeoutMs = options.pingTimeoutMs ?? 8_000;
    this.#ping = ping;
    this.#dead = dead;
  }

  start(): void {
    this.heard();
    this.#wait(this.#intervalMs);
  }

  heard(): void {
    this.#heardAtMs = performance.now();
    this.#askedAtMs = undefined;
  }

  /** Asks now, unless it is waiting for an answer already. */
  probe(): void {
    if (this.#askedAtMs !== undefined) return;
    this.#askedAtMs = performance.now();
    this.#wait(this.#timeoutMs);
    this.#ping();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#check();
    }, ms);
  }

  #check(): void {
    if (this.#askedAtMs !== undefined) {
      this.#dead();
      return;
    }
    const leftMs = this.#heardAtMs + this.#intervalMs - performance.now();
    if (leftMs > 0) this.#wait(leftMs);
    else this.probe();
  }
}
