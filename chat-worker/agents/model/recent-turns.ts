import type { Conversation, Turn } from '../agent.ts';

/** A token is rarely less than three bytes of Portuguese or English; more is only on the safe side. */
const BYTES_PER_TOKEN = 3;
/** What roles and separators of a message take. */
const TOKENS_PER_MESSAGE = 4;
/** Less than this of a turn says nothing. */
const LEAST_TOKENS = 64;

/** How many tokens a text is about; never too few for prose. */
export function estimatedTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE;
}

/**
 * The last turns of a conversation that fit a budget, oldest first. The oldest go first; of a last turn that
 * is too long by itself, its answer loses its middle.
 */
export async function recentTurns(
  conversation: Conversation,
  budgetTokens: number,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  let left = budgetTokens;
  if (left < LEAST_TOKENS) return turns;
  for await (const turn of conversation.newestFirst(signal)) {
    const question = estimatedTokens(turn.message);
    const answer = estimatedTokens(turn.answer);
    if (question + answer <= left) {
      turns.push(turn);
      left -= question + answer;
      continue;
    }
    const forAnswer = left - question;
    if (turns.length === 0 && forAnswer >= LEAST_TOKENS) {
      turns.push({ ...turn, answer: withoutMiddle(turn.answer, forAnswer - TOKENS_PER_MESSAGE) });
    }
    break;
  }
  return turns.reverse();
}

const GAP = '\n[…]\n';

/** Beginning and end of a text, together about so many tokens; never cut inside a code point. */
function withoutMiddle(text: string, tokens: number): string {
  const points = Array.from(text);
  const bytesPerPoint = Buffer.byteLength(text) / points.length;
  const half = Math.floor((tokens * BYTES_PER_TOKEN - GAP.length) / bytesPerPoint / 2);
  return points.slice(0, half).join('') + GAP + points.slice(-half).join('');
}
