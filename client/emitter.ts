type Listener = (event: never) => void;

/** Listeners by name. One that throws stops neither the others nor the caller. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>();

  on(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit(name: string, event: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event as never);
      } catch (error) {
        // The application's defect: it is reported as uncaught, where those are looked for.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
