import { AppError } from '../../shared/errors/app-error.ts';
import { MAX_ANSWER_BYTES } from '../../shared/socket-protocol/limits.ts';

/**
 * From this chunk on each has at least `GATHERED_BYTES`, except the last: with the limit on the whole
 * answer that keeps a chat below 20,000 chunks (8,192 + 256 KiB / 32), whatever an agent yields.
 */
const FREE_CHUNKS = 8_192;
const GATHERED_BYTES = 32;
const QUOTES = 2;

export class AnswerTooLongError extends AppError {
  constructor() {
    super('ANSWER_TOO_LONG', `An answer is at most ${MAX_ANSWER_BYTES} bytes`, { retryable: false });
  }
}

/** The answer of one chat as its log has it: what is added here is about to be written. */
export class Answer {
  #text = '';
  #chunks = 0;
  #bytes = QUOTES;

  /** Goes on where the log stops. */
  continueAfter(text: string, chunks: number): void {
    this.#text = text;
    this.#chunks = chunks;
    this.#bytes = QUOTES + sentBytes(text);
  }

  startAgain(): void {
    this.continueAfter('', 0);
  }

  get text(): string {
    return this.#text;
  }

  /** How many chunks it has: the index of the next one. */
  get chunks(): number {
    return this.#chunks;
  }

  /** What the next chunk has to have at least, unless it is the last. */
  get nextChunkBytes(): number {
    return this.#chunks < FREE_CHUNKS ? 1 : GATHERED_BYTES;
  }

  /** @returns the chunk's index. @throws AnswerTooLongError without adding it */
  add(text: string): number {
    const bytes = this.#bytes + sentBytes(text);
    if (bytes > MAX_ANSWER_BYTES) throw new AnswerTooLongError();
    this.#bytes = bytes;
    this.#text += text;
    this.#chunks += 1;
    return this.#chunks - 1;
  }
}

/** The bytes a text takes within the JSON string it is sent as. */
export function sentBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - QUOTES;
}
