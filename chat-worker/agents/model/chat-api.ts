import OpenAI from 'openai';
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { modelErrorOf, type ModelError } from './model-error.ts';
import { fallbackFor, type PrefixMarks, type ServerFeatures, type UsedFeatures } from './server-features.ts';

export interface ChatApiSettings {
  /** Undefined: OpenAI's own. */
  readonly baseUrl: string | undefined;
  /** Undefined: none is sent. */
  readonly apiKey: string | undefined;
  readonly model: string;
  /** `auto`: until the server refuses them. */
  readonly tools: 'auto' | 'always' | 'never';
}

export interface CompletionRequest {
  readonly messages: readonly ChatCompletionMessageParam[];
  /** Empty where there is nothing to look up. */
  readonly tools: readonly ChatCompletionFunctionTool[];
  /** Whether the model may still use them. */
  readonly mayCallTools: boolean;
  /** What the model is to go on after; empty at the beginning of an answer. */
  readonly prefix: string;
}

export type BuildRequest = (features: ServerFeatures) => CompletionRequest;

/** What an assistant message says beyond the API's own fields, to those servers that read it. */
type PrefixMessage = ChatCompletionAssistantMessageParam & { readonly prefix?: boolean };
type PrefixParameters = { continue_final_message?: boolean; add_generation_prompt?: boolean };

/** An OpenAI-compatible server, through the one package that speaks to it. */
export class ChatApi {
  readonly #client: OpenAI;
  readonly #settings: ChatApiSettings;
  #features: ServerFeatures;

  constructor(settings: ChatApiSettings) {
    this.#settings = settings;
    this.#features = { tools: settings.tools !== 'never', usage: true, prefixMarks: 'all' };
    this.#client = new OpenAI({
      apiKey: settings.apiKey ?? 'none',
      ...(settings.baseUrl === undefined ? {} : { baseURL: settings.baseUrl }),
      ...(settings.apiKey === undefined ? { defaultHeaders: { Authorization: null } } : {}),
      // Only the settings of this service count, not what else the package finds in the environment.
      organization: null,
      project: null,
      // It would log what people wrote; tries and deadlines are ours.
      logLevel: 'off',
      maxRetries: 0,
    });
  }

  get model(): string {
    return this.#settings.model;
  }

  /**
   * Sends one request and resolves with the beginning of the answer. What the server turns out not to know
   * is left out, so the request may be built several times.
   * @throws ModelError
   */
  async open(build: BuildRequest, signal: AbortSignal): Promise<Response> {
    let features = this.#features;
    for (;;) {
      const request = build(features);
      try {
        return await this.#client.chat.completions
          .create(this.#bodyOf(request, features), { signal })
          .asResponse();
      } catch (error) {
        features = this.#fewerAfter(modelErrorOf(error), features, request);
      }
    }
  }

  #fewerAfter(error: ModelError, features: ServerFeatures, request: CompletionRequest): ServerFeatures {
    const used: UsedFeatures = {
      usage: features.usage,
      tools: features.tools && request.tools.length > 0 && this.#settings.tools === 'auto',
      prefix: request.prefix !== '',
    };
    const fallback = fallbackFor(error, features, used);
    if (fallback === undefined) throw error;
    if (fallback.isCertain) this.#features = fallback.features;
    return fallback.features;
  }

  #bodyOf(request: CompletionRequest, features: ServerFeatures): ChatCompletionCreateParamsStreaming {
    const { messages, tools, mayCallTools, prefix } = request;
    const isContinued = prefix !== '';
    const marks: PrefixMarks = isContinued ? features.prefixMarks : 'none';
    const last: PrefixMessage = {
      role: 'assistant',
      content: prefix,
      ...(marks === 'none' ? {} : { prefix: true }),
    };
    const parameters: PrefixParameters =
      marks === 'all' ? { continue_final_message: true, add_generation_prompt: false } : {};
    return {
      model: this.#settings.model,
      messages: isContinued ? [...messages, last] : [...messages],
      stream: true,
      ...(features.usage ? { stream_options: { include_usage: true } } : {}),
      ...(features.tools && tools.length > 0 ? { tools: [...tools] } : {}),
      ...(features.tools && tools.length > 0 && !mayCallTools ? { tool_choice: 'none' } : {}),
      ...parameters,
    };
  }
}
