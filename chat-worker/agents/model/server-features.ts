import type { ModelError } from './model-error.ts';

/** Extensions of the API that not every server accepts. */
export interface ServerFeatures {
  readonly tools: boolean;
  /** The count of tokens at the end of a stream. */
  readonly usage: boolean;
  /** How a server is told to go on with a text: all the ways there are, the message's own mark, or nothing. */
  readonly prefixMarks: PrefixMarks;
}

export type PrefixMarks = 'all' | 'message' | 'none';

/** What a request that was refused made use of. */
export interface UsedFeatures {
  readonly tools: boolean;
  readonly usage: boolean;
  readonly prefix: boolean;
}

const NAMES = {
  usage: /stream_options|include_usage/i,
  prefix: /prefix|continue_final_message|add_generation_prompt/i,
  tools: /\btools?\b|tool_choice|function.?call/i,
} as const;

/** Refusals that may mean the form of a request, even if they do not say so. */
const SILENT_REFUSALS: readonly (number | undefined)[] = [400, 422, 501];
const NAMED_REFUSALS: readonly (number | undefined)[] = [...SILENT_REFUSALS, 404, 405, 415, 500];
/** A request that is too long is so in any form. */
const TOO_LONG = /context|too (long|large|many tokens)|maximum/i;

export interface Fallback {
  readonly features: ServerFeatures;
  /** Whether the server said what it does not know: then it is not asked for it again. */
  readonly isCertain: boolean;
}

/** With what less a refused request is tried again; undefined when the refusal means something else. */
export function fallbackFor(
  error: ModelError,
  features: ServerFeatures,
  used: UsedFeatures,
): Fallback | undefined {
  const { status, refusal } = error;
  if (NAMED_REFUSALS.includes(status)) {
    const without = (['usage', 'prefix', 'tools'] as const)
      .filter((name) => used[name] && NAMES[name].test(refusal))
      .map((name) => WITHOUT[name](features))
      .find((fewer) => fewer !== undefined);
    if (without !== undefined) return { features: without, isCertain: true };
  }
  if (!SILENT_REFUSALS.includes(status) || TOO_LONG.test(refusal)) return undefined;
  const without = (['prefix', 'usage', 'tools'] as const)
    .filter((name) => used[name])
    .map((name) => WITHOUT[name](features))
    .find((fewer) => fewer !== undefined);
  return without === undefined ? undefined : { features: without, isCertain: false };
}

const LESS_PREFIX: Readonly<Record<PrefixMarks, PrefixMarks | undefined>> = {
  all: 'message',
  message: 'none',
  none: undefined,
};

const WITHOUT: Readonly<
  Record<keyof UsedFeatures, (features: ServerFeatures) => ServerFeatures | undefined>
> = {
  usage: (features) => (features.usage ? { ...features, usage: false } : undefined),
  tools: (features) => (features.tools ? { ...features, tools: false } : undefined),
  prefix: (features) => {
    const prefixMarks = LESS_PREFIX[features.prefixMarks];
    return prefixMarks === undefined ? undefined : { ...features, prefixMarks };
  },
};
