/** State outside React that components read with `useSyncExternalStore`. It works while somebody listens. */
export abstract class Store<Snapshot> {
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot;
  #stop: (() => void) | undefined;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#stop ??= this.start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  };

  /** Begins to follow what the state is made of. The returned function ends it; it may begin again. */
  protected abstract start(): () => void;

  protected set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
