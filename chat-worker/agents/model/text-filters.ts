/** Leaves something out of a text that comes in pieces. What it cannot decide on yet it holds back. */
export interface TextFilter {
  /** What of the text so far can go out. */
  push(text: string): string;
  /** What was held back, when nothing follows. */
  end(): string;
}

const OPENING = '<think>';
const CLOSING = '</think>';

/** Leaves out what a model thinks aloud before its answer. Only at the very beginning: later it is text. */
export class ThinkingFilter implements TextFilter {
  #held = '';
  #state: 'beginning' | 'thinking' | 'after_thinking' | 'text' = 'beginning';

  push(text: string): string {
    if (this.#state === 'text') return text;
    this.#held += text;
    if (this.#state === 'beginning') this.#lookForOpening();
    if (this.#state === 'thinking') this.#lookForClosing();
    if (this.#state === 'after_thinking') this.#held = this.#held.trimStart();
    if (this.#state === 'after_thinking' && this.#held !== '') this.#state = 'text';
    return this.#state === 'text' ? this.#release() : '';
  }

  end(): string {
    return this.#state === 'beginning' ? this.#release() : '';
  }

  #lookForOpening(): void {
    const start = this.#held.trimStart();
    if (start.startsWith(OPENING)) {
      this.#state = 'thinking';
      this.#held = start.slice(OPENING.length);
    } else if (!OPENING.startsWith(start)) this.#state = 'text';
  }

  #lookForClosing(): void {
    const end = this.#held.indexOf(CLOSING);
    if (end >= 0) {
      this.#state = 'after_thinking';
      this.#held = this.#held.slice(end + CLOSING.length);
    } else {
      // Only what may be the beginning of the end is kept.
      this.#held = this.#held.slice(-(CLOSING.length - 1));
    }
  }

  #release(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}

/** Shorter beginnings repeat by chance. */
const LEAST_ECHO_CHARACTERS = 16;

/** Some servers that continue a text send it again first: that is left out. */
export class EchoFilter implements TextFilter {
  readonly #prefix: string;
  #held = '';
  #isDecided: boolean;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#isDecided = prefix.length < LEAST_ECHO_CHARACTERS;
  }

  push(text: string): string {
    if (this.#isDecided) return text;
    this.#held += text;
    if (this.#held.length < this.#prefix.length && this.#prefix.startsWith(this.#held)) return '';
    this.#isDecided = true;
    const isEcho = this.#held.startsWith(this.#prefix);
    return isEcho ? this.#held.slice(this.#prefix.length) : this.#held;
  }

  end(): string {
    return this.#isDecided ? '' : this.#held;
  }
}
