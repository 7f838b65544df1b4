/** `before`: the bytes have not left yet; `after`: they have, and no answer has come. */
export type WatchPhase = 'before' | 'after';

/** Waits for certain bytes on the connections of one link, also where they come in two parts. */
export class WireWatch {
  readonly phase: WatchPhase;
  readonly act: () => Promise<void>;
  readonly #pattern: Buffer;
  readonly #tails = new WeakMap<object, Buffer>();

  constructor(text: string, phase: WatchPhase, act: () => Promise<void>) {
    this.phase = phase;
    this.act = act;
    this.#pattern = Buffer.from(text);
  }

  passes(connection: object, bytes: Buffer): boolean {
    const tail = this.#tails.get(connection);
    const text = tail === undefined ? bytes : Buffer.concat([tail, bytes]);
    if (text.includes(this.#pattern)) return true;
    this.#tails.set(connection, Buffer.from(text.subarray(-(this.#pattern.length - 1))));
    return false;
  }
}
