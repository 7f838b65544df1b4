import { setImmediate as nextTurn } from 'node:timers/promises';
import { pause } from '../../shared/lifecycle/on-abort.ts';
import { unlessAborted } from './streaming/unless-aborted.ts';
import type { Agent, AgentIdentity, AgentRequest } from './agent.ts';
import { CannotContinueError } from './agent.ts';
import { piecesOf } from './streaming/answer-pieces.ts';
import { planAnswer } from './question/answer-plan.ts';
import { composeAnswer } from './answers/compose-answer.ts';
import { routeToAgent } from './intent-router.ts';
import type { InvestigationFacts } from './investigation-facts.ts';
import { investigationFacts } from './investigation-facts.ts';
import { understand } from './question/understand-question.ts';
import { agentById, findAgent } from './registry.ts';

export interface BuiltInAgentOptions {
  /** Between two pieces; 0 means as fast as they are taken. */
  readonly pieceDelayMs: number;
}

/** Without pauses, other chats of the process still get their turn this often. */
const piecesPerTurn = 32;

/**
 * The agent that needs no model: it recognises what is asked, states what the investigations' events
 * say, and otherwise says what it can do. Its text is a function of message, agent, subscriptions and
 * events alone, so it can go on after any part of its own answer.
 */
export function createBuiltInAgent({ pieceDelayMs }: BuiltInAgentOptions): Agent {
  return {
    route(request) {
      const { id, name } = routeToAgent(request);
      return { id, name };
    },

    async *answer(request, identity, after) {
      const { signal } = request;
      signal.throwIfAborted();
      const text = await composeFor(request, identity);
      if (!text.startsWith(after)) throw new CannotContinueError('not the beginning of this answer');
      let pieceCount = 0;
      for (const piece of piecesOf(text.slice(after.length))) {
        if (pieceCount > 0) await betweenPieces(pieceCount, pieceDelayMs, signal);
        pieceCount += 1;
        yield piece;
      }
    },
  };
}

async function betweenPieces(pieceCount: number, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs > 0) await pause(delayMs, signal);
  else if (pieceCount % piecesPerTurn === 0) await nextTurn();
  signal.throwIfAborted();
}

async function composeFor(request: AgentRequest, identity: AgentIdentity): Promise<string> {
  const question = understand(request);
  const plan = planAnswer(question);
  const factsById = new Map<string, InvestigationFacts>();
  // One after the other: few ids, and the broker's reads are capped anyway.
  for (const id of new Set([...plan.investigationIds, ...plan.possibleIds])) {
    const events = await unlessAborted(request.investigations.events(id, request.signal), request.signal);
    factsById.set(id, investigationFacts(id, events));
  }
  return composeAnswer(question, plan, findAgent(identity.id) ?? agentById('drummond'), factsById);
}
