/**
 * What a composition root owns: disposed in reverse order, each even if another fails. It stands in for
 * `AsyncDisposableStack`, which Node has only from 24 on.
 */
export class DisposalStack implements AsyncDisposable {
  #disposals: (() => unknown)[] = [];
  #disposing: Promise<void> | undefined;

  /** Takes ownership of a resource and gives it back. */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    this.defer(() =>
      Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  defer(dispose: () => unknown): void {
    this.#disposals.push(dispose);
  }

  /** Hands everything over to a new stack: this one then disposes nothing. */
  move(): DisposalStack {
    const moved = new DisposalStack();
    moved.#disposals = this.#disposals;
    this.#disposals = [];
    return moved;
  }

  /** @throws AggregateError when something could not be disposed; everything else was */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    const failures: unknown[] = [];
    for (const dispose of this.#disposals.splice(0).reverse()) {
      try {
        await dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be disposed');
  }
}
