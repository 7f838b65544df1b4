/**
 * A terminal that text is streamed to. Whatever does not belong to an answer stands on lines of its own. What
 * the server sends is shown without control characters: it could move the cursor, or worse.
 */
export class Screen {
  readonly #output: NodeJS.WritableStream;
  #isLineOpen = false;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  /** Part of a text that goes on. */
  stream(text: string): void {
    if (text === '') return;
    const shown = printable(text);
    this.#output.write(shown);
    this.#isLineOpen = !shown.endsWith('\n');
  }

  /** Whole lines. */
  print(text: string): void {
    this.#output.write(`${this.#isLineOpen ? '\n' : ''}${printable(text)}\n`);
    this.#isLineOpen = false;
  }
}

function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}
