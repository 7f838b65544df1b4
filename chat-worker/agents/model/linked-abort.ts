/** A signal that ends with another one, and also by itself. */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onOuterAbort = (): void => this.#controller.abort(this.#outer.reason);

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#onOuterAbort();
    else outer.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Only the first reason counts, whoever gives it. */
  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** Lets the other signal go. */
  [Symbol.dispose](): void {
    this.#outer.removeEventListener('abort', this.#onOuterAbort);
  }
}
