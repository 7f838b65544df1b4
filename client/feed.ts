interface Waiting<Item> {
  readonly resolve: (result: IteratorResult<Item, void>) => void;
  readonly reject: (error: Error) => void;
}

/** A queue that is read by `for await`; its owner bounds it. Leaving the loop closes it. */
export class Feed<Item> implements AsyncIterableIterator<Item, void, undefined> {
  readonly #onRead: () => void;
  readonly #onClose: () => void;
  readonly #items: Item[] = [];
  readonly #waiting: Waiting<Item>[] = [];
  /** Stands for what was dropped. */
  #marker: Item | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  /** Somebody has asked for an item. */
  isRead = false;

  constructor(onRead: () => void, onClose: () => void) {
    this.#onRead = onRead;
    this.#onClose = onClose;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve({ value: item, done: false });
  }

  /** Leaves out the oldest item; `marker` is read in place of all that are. */
  dropOldest(marker: Item): void {
    this.#items.shift();
    this.#marker = marker;
  }

  /** Nothing more comes; what is there is still read. */
  end(error?: Error): void {
    this.#end ??= { error };
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error === undefined) resolve({ value: undefined, done: true });
      else reject(error);
    }
  }

  async next(): Promise<IteratorResult<Item, void>> {
    this.isRead = true;
    const value = this.#take();
    if (value !== undefined) {
      this.#onRead();
      return { value, done: false };
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    const { error } = this.#end;
    this.#end = { error: undefined }; // Thrown once.
    if (error !== undefined) throw error;
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Item, void>> {
    this.#items.length = 0;
    this.end();
    this.#onClose();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Item | undefined {
    const marker = this.#marker;
    this.#marker = undefined;
    return marker ?? this.#items.shift();
  }
}
