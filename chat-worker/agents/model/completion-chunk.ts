import { z } from 'zod';

/**
 * What servers that call themselves compatible send: everything may be missing or null, reasoning comes
 * under several names, text sometimes in parts, and a server that does not stream sends a whole message.
 */
const part = z.looseObject({ type: z.string().nullish(), text: z.string().nullish() });
const content = z.union([z.string(), z.array(part)]).nullish();

const toolCall = z.looseObject({
  index: z.int().nullish(),
  id: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});

const message = z.looseObject({
  content,
  refusal: z.string().nullish(),
  reasoning: z.unknown().optional(),
  reasoning_content: z.unknown().optional(),
  tool_calls: z.array(toolCall).nullish(),
});

const choice = z.looseObject({
  index: z.int().nullish(),
  delta: message.nullish(),
  message: message.nullish(),
  finish_reason: z.string().nullish(),
});

const usage = z.looseObject({
  prompt_tokens: z.number().nullish(),
  completion_tokens: z.number().nullish(),
});

const chunk = z.looseObject({
  choices: z.array(choice).nullish(),
  // Only counted: nothing else depends on it.
  usage: usage.nullish().catch(null),
  error: z.unknown().optional(),
});

export type ToolCallPart = z.infer<typeof toolCall>;

/** One piece of a model's answer. */
export interface CompletionDelta {
  /** Empty when the piece is about something else. */
  readonly text: string;
  /** Whether the model did anything, be it only thinking. */
  readonly isToken: boolean;
  readonly toolCalls: readonly ToolCallPart[];
  readonly finishReason: string | undefined;
  readonly usage: { readonly prompt: number; readonly completion: number } | undefined;
}

export const noDelta: CompletionDelta = {
  text: '',
  isToken: false,
  toolCalls: [],
  finishReason: undefined,
  usage: undefined,
};

/** An error in place of a piece. */
export interface CompletionFailure {
  readonly error: unknown;
}

/** Undefined for what is no piece of an answer at all. */
export function parseChunk(value: unknown): CompletionDelta | CompletionFailure | undefined {
  const parsed = chunk.safeParse(value).data;
  if (parsed === undefined) return undefined;
  if (parsed.error !== undefined && parsed.error !== null) return { error: parsed.error };
  const first = parsed.choices?.find(({ index }) => (index ?? 0) === 0);
  const said = first?.delta ?? first?.message;
  const text = textOf(said?.content) + (said?.refusal ?? '');
  const toolCalls = said?.tool_calls ?? [];
  const thought = [said?.reasoning, said?.reasoning_content, said?.content].some(isSomething);
  return {
    text,
    isToken: text !== '' || toolCalls.length > 0 || thought,
    toolCalls,
    finishReason: first?.finish_reason === '' ? undefined : (first?.finish_reason ?? undefined),
    usage: usageOf(parsed.usage),
  };
}

function textOf(given: z.infer<typeof content>): string {
  if (typeof given === 'string') return given;
  return (given ?? []).map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('');
}

function isSomething(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

function usageOf(given: z.infer<typeof usage> | null | undefined): CompletionDelta['usage'] {
  if (given === null || given === undefined) return undefined;
  return { prompt: given.prompt_tokens ?? 0, completion: given.completion_tokens ?? 0 };
}
