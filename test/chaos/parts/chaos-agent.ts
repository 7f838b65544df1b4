import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CannotContinueError, type Agent, type AgentIdentity } from '../../../chat-worker/agents/agent.ts';
import { pause } from '../../../shared/lifecycle/on-abort.ts';

/** What a question of the chaos machine says: how it is to be answered. */
const chaosQuestion = z.object({
  /** Names the chat; it is in every piece of the answer, so that text in the wrong place shows. */
  marker: z.string(),
  pieces: z.int(),
  pauseMs: z.number(),
  /** Whether the agent can go on after a part of its answer, as some models can and some can't. */
  mode: z.enum(['continue', 'restart']),
});
export type ChaosQuestion = z.infer<typeof chaosQuestion>;

/** One call of the agent, told when it begins to speak. */
export const generation = z.object({ marker: z.string(), after: z.int() });
export type Generation = z.infer<typeof generation>;

const identity: AgentIdentity = { id: 'drummond', name: 'Carlos Drummond de Andrade' };

/** Text that is longer in UTF-8 than in UTF-16, and pairs that must not be parted. */
const DECORATIONS = ['', ' é', ' ção', ' 🙂', ' \u{1d11e}\n', ' "\\'];

/** An answer that can be told from any other, piece by piece. `variant` tells apart those that start again. */
export function piecesOfAnswer({ marker, pieces }: ChaosQuestion, variant: string): string[] {
  return Array.from(
    { length: pieces },
    (_, index) => `${marker}${variant}.${index}${DECORATIONS[index % DECORATIONS.length] ?? ''} `,
  );
}

/** An agent that does exactly as the question says, and tells of each of its generations. */
export function createChaosAgent(onGeneration: (generation: Generation) => void): Agent {
  return {
    route: () => identity,
    async *answer({ message, signal }, _identity, after) {
      const question = chaosQuestion.parse(JSON.parse(message));
      const restarts = question.mode === 'restart';
      if (restarts && after !== '') throw new CannotContinueError('as asked for');
      onGeneration({ marker: question.marker, after: after.length });
      const variant = restarts ? `~${randomBytes(4).toString('hex')}` : '';
      const text = piecesOfAnswer(question, variant).join('');
      if (!text.startsWith(after)) throw new CannotContinueError('not the beginning of this answer');
      for (const piece of piecesAfter(piecesOfAnswer(question, variant), after.length)) {
        await pause(question.pauseMs, signal);
        yield piece;
      }
    },
  };
}

function* piecesAfter(pieces: readonly string[], length: number): Generator<string> {
  let skip = length;
  for (const piece of pieces) {
    const rest = piece.slice(skip);
    skip = Math.max(0, skip - piece.length);
    if (rest !== '') yield rest;
  }
}
