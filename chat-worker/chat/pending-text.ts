import type { ToolCall } from '../agents/agent.ts';
import { sentBytes } from './answer.ts';
import { PendingToolCalls } from './pending-tool-calls.ts';

/** An agent that is faster than the log waits: so much of its text is held at most, plus one piece. */
const MAX_PENDING_CHARACTERS = 64 * 1024;

/** The agent ended in an error; `cause` is what it raised. */
export class AgentFailure extends Error {
  constructor(cause: unknown) {
    super('The agent failed', { cause });
  }
}

/** Calls the agent: what it raises at the call itself counts like what it raises later. */
export function agentCall<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw new AgentFailure(error);
  }
}

/**
 * An agent's text on its way to the log. Pieces are collected while the last chunk is being written and go
 * out together as the next one.
 */
export class PendingText {
  readonly #signal: AbortSignal;
  readonly #iterator: AsyncIterator<string>;
  readonly #toolCalls: PendingToolCalls;
  #text = '';
  #ended = false;
  #failure: AgentFailure | undefined;
  /** Wakes `take`: there may be text, or the end. */
  #onChange: (() => void) | undefined;
  /** Wakes the collecting of pieces: there is room again. */
  #onRoom: (() => void) | undefined;

  constructor(pieces: AsyncIterable<string>, signal: AbortSignal, toolCalls = new PendingToolCalls()) {
    this.#signal = signal;
    this.#toolCalls = toolCalls;
    toolCalls.onRecord = () => this.#onChange?.();
    this.#iterator = pieces[Symbol.asyncIterator]();
    signal.addEventListener('abort', () => this.#onChange?.(), { once: true });
    void this.#collect();
  }

  /**
   * The text that has arrived, as soon as it takes `minBytes` within a JSON string or the agent is done;
   * undefined after the last. A surrogate pair is never split. Look-ups come after all text that was said
   * before them.
   * @throws AgentFailure, after the text that came before it
   * @throws the signal's reason, at once
   */
  async take(minBytes: number): Promise<string | readonly ToolCall[] | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      const complete = this.#completeLength();
      const flush = this.#ended || minBytes <= 1 || this.#toolCalls.isWaiting;
      if (complete > 0 && (flush || sentBytes(this.#text) >= minBytes)) return this.#cut(complete);
      const toolCalls = this.#toolCalls.take();
      if (toolCalls !== undefined) return toolCalls;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await this.#changed();
    }
  }

  /** Lets the agent go: nothing more of it is wanted. */
  close(): void {
    this.#ended = true;
    this.#onRoom?.();
    // It may hang in its own awaits, and nobody waits for it any more.
    this.#iterator.return?.().catch(() => undefined);
  }

  async #collect(): Promise<void> {
    try {
      while (!this.#ended) {
        const next = await this.#iterator.next();
        if (next.done === true) break;
        this.#text += next.value;
        this.#onChange?.();
        await this.#room();
      }
    } catch (error) {
      this.#failure = new AgentFailure(error);
    }
    this.#ended = true;
    this.#onChange?.();
  }

  /** Without a first half of a surrogate pair at the end, unless nothing can follow on it. */
  #completeLength(): number {
    const { length } = this.#text;
    const last = this.#text.charCodeAt(length - 1);
    return !this.#ended && last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
  }

  #cut(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    this.#onRoom?.();
    return taken;
  }

  async #room(): Promise<void> {
    while (this.#text.length > MAX_PENDING_CHARACTERS && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  async #changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onChange = resolve;
    });
  }
}
