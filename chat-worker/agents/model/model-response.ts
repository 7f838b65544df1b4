import { unlessAborted } from '../streaming/unless-aborted.ts';
import type { BuildRequest, ChatApi } from './chat-api.ts';
import type { CompletionDelta } from './completion-chunk.ts';
import { completionDeltas } from './completion-deltas.ts';
import { ModelError, modelErrorOf } from './model-error.ts';
import { EchoFilter, ThinkingFilter, type TextFilter } from './text-filters.ts';
import { ToolCallAssembly } from './tool-call-assembly.ts';
import { Watchdog, type Patience } from './watchdog.ts';

/** One answer of the model's server to one request: text, or tools it wants called, or both. */
export class ModelResponse {
  readonly #api: ChatApi;
  readonly #patience: Patience;
  readonly toolCalls = new ToolCallAssembly();
  #hasText = false;
  #finishReason: string | undefined;
  #usage: CompletionDelta['usage'];

  constructor(api: ChatApi, patience: Patience) {
    this.#api = api;
    this.#patience = patience;
  }

  /** Whether any text of it was given out. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Why the model stopped, in the server's word; undefined when it did not say. */
  get finishReason(): string | undefined {
    return this.#finishReason;
  }

  get usage(): CompletionDelta['usage'] {
    return this.#usage;
  }

  /**
   * Asks, and gives the text as it comes.
   * @throws ModelError
   * @throws the reason of the signal
   */
  async *pieces(build: BuildRequest, prefix: string, signal: AbortSignal): AsyncGenerator<string> {
    using watchdog = new Watchdog(this.#patience, signal);
    const filter: TextFilter = prefix === '' ? new ThinkingFilter() : new EchoFilter(prefix);
    try {
      for await (const { text } of this.#deltas(build, watchdog)) {
        const said = filter.push(text);
        this.#hasText ||= said !== '';
        if (said !== '') yield said;
      }
    } catch (error) {
      signal.throwIfAborted();
      const reason: unknown = watchdog.signal.reason;
      // The answer is there: that its connection ends badly takes nothing away.
      if (this.#finishReason === undefined) throw reason instanceof ModelError ? reason : modelErrorOf(error);
    }
    const rest = filter.end();
    this.#hasText ||= rest !== '';
    if (rest !== '') yield rest;
  }

  async *#deltas(build: BuildRequest, watchdog: Watchdog): AsyncGenerator<CompletionDelta> {
    const waitFor = async <Value>(promise: Promise<Value>): Promise<Value> => {
      watchdog.start();
      try {
        return await unlessAborted(promise, watchdog.signal);
      } finally {
        watchdog.stop();
      }
    };
    const response = await waitFor(this.#api.open(build, watchdog.signal));
    const deltas = completionDeltas(response);
    for (;;) {
      const next = await waitFor(deltas.next());
      if (next.done === true) return;
      this.#note(next.value, watchdog);
      yield next.value;
    }
  }

  #note({ isToken, toolCalls, finishReason, usage }: CompletionDelta, watchdog: Watchdog): void {
    if (isToken) watchdog.token();
    this.toolCalls.add(toolCalls);
    this.#finishReason ??= finishReason;
    if (this.#finishReason !== undefined) watchdog.ended();
    this.#usage = usage ?? this.#usage;
  }
}
