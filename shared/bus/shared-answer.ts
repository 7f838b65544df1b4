/**
 * Shares the answers of a question that many ask at once: everyone gets an answer that was asked for after
 * they asked, with at most one question under way and one waiting.
 */
export class SharedAnswer<Answer> {
  readonly #ask: () => Promise<Answer>;
  #underWay: Promise<unknown> | undefined;
  #waiting: Promise<Answer> | undefined;

  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask;
  }

  fresh(): Promise<Answer> {
    this.#waiting ??= this.#next();
    return this.#waiting;
  }

  async #next(): Promise<Answer> {
    // Everyone who asks in this tick, or while another question is under way, shares this one.
    await (this.#underWay ?? Promise.resolve());
    this.#waiting = undefined;
    const asked = this.#ask();
    const settled = asked.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay = settled;
    void settled.then(() => {
      if (this.#underWay === settled) this.#underWay = undefined;
    });
    return asked;
  }
}
