import { isChatCompletionBody, LLMock, type FixtureOpts } from '@copilotkit/aimock';
import type { ErrorReply, PlainReply } from './model-replies.ts';
import { modelRequestBody, type ModelRequestBody, type PlannedModelServer } from './model-server.ts';

const MOST_PIECES = 1_000;
const FOREVER_MS = 600_000;
/** Enough for what comes before a cut to arrive: what is on its way when a connection breaks is lost. */
const CUT_AFTER_MS = 300;

/**
 * A model server that others wrote: what our own one makes up about the API can't be confirmed by it, but
 * by this.
 */
export class IndependentModelServer implements PlannedModelServer {
  readonly #mock: LLMock;

  private constructor(mock: LLMock) {
    this.#mock = mock;
  }

  static async start(): Promise<IndependentModelServer> {
    const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
    await mock.start();
    return new IndependentModelServer(mock);
  }

  get baseUrl(): string {
    return `${this.#mock.url}/v1`;
  }

  plan(question: string, ...replies: readonly (PlainReply | ErrorReply)[]): void {
    for (const [index, reply] of replies.entries()) {
      const isLast = index === replies.length - 1;
      const match = { userMessage: question, ...(isLast ? {} : { sequenceIndex: index }) };
      this.#mock.on(match, responseOf(reply), optionsOf(reply));
    }
  }

  askedAbout(question: string): readonly ModelRequestBody[] {
    return this.#mock
      .getRequests()
      .map(({ body }) => body)
      .filter((body) => isChatCompletionBody(body))
      .map((body) => modelRequestBody.parse(body))
      .filter(({ messages }) =>
        messages.some(({ role, content }) => role === 'user' && content?.includes(question)),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mock.stop();
  }
}

function responseOf(reply: PlainReply | ErrorReply): Parameters<LLMock['on']>[1] {
  if ('status' in reply) {
    const { status, headers, error } = reply;
    const retryAfter = Number(headers?.['retry-after'] ?? 1);
    const code = error?.['code'];
    return {
      status,
      retryAfter,
      error: { message: 'no', type: 'error', ...(typeof code === 'string' ? { code } : {}) },
    };
  }
  const { text = '', toolCalls, finishReason, reasoning, usage } = reply;
  const common = {
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(usage === undefined
      ? {}
      : { usage: { prompt_tokens: usage.prompt, completion_tokens: usage.completion } }),
  };
  if (toolCalls === undefined) return { ...common, content: text };
  const calls = toolCalls.map(({ name, arguments: given }) => {
    return { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) };
  });
  return text === '' ? { ...common, toolCalls: calls } : { ...common, content: text, toolCalls: calls };
}

function optionsOf(reply: PlainReply | ErrorReply): FixtureOpts {
  if ('status' in reply) return {};
  const { pieceLength = 5, firstTokenMs = 0, betweenTokensMs = 0, cutAfterPieces = Infinity } = reply;
  // Its first chunk is the role, which is no token: the waits come after it.
  const interChunkDelaysMs = Array.from({ length: MOST_PIECES }, (_, piece) => {
    if (piece >= cutAfterPieces) return FOREVER_MS;
    return piece === 0 ? firstTokenMs : betweenTokensMs;
  });
  return {
    chunkSize: pieceLength,
    recordedTimings: { ttftMs: 0, interChunkDelaysMs, totalDurationMs: 0 },
    ...(cutAfterPieces === Infinity ? {} : { disconnectAfterMs: CUT_AFTER_MS }),
  };
}
