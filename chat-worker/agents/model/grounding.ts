import type { AgentRequest, Turn } from '../agent.ts';
import { planAnswer } from '../question/answer-plan.ts';
import { findReferences } from '../question/investigation-references.ts';
import { understand } from '../question/understand-question.ts';

/** The investigations an answer may be about, by what can be told without reading any. */
export interface Grounding {
  /** What the message is about; whether it exists, or may be seen, is another question. */
  readonly meantIds: readonly string[];
  /** Words of the message that are ids only if there is such an investigation. */
  readonly possibleIds: readonly string[];
  /** What else the conversation or the session's subscriptions name, latest first. */
  readonly otherIds: readonly string[];
}

/** Each costs a read and a part of the prompt. */
const MOST_MEANT = 4;
const MOST_OTHERS = 8;

/** Pure, and by the same rules as the built-in agent: an id in the message, else what the session follows. */
export function groundingOf(
  request: Pick<AgentRequest, 'message' | 'subscribedInvestigationIds'>,
  turns: readonly Turn[],
): Grounding {
  const { subscribedInvestigationIds: subscribed } = request;
  const { investigationIds, possibleIds, lacksId } = planAnswer(understand(request));
  const mentioned = turns.flatMap(({ message }) => findReferences(message, subscribed).certain);
  // "E as anomalias?" right after a question about one: that one.
  const meant = lacksId ? mentioned.slice(-1) : investigationIds;
  const meantIds = [...new Set(meant)].slice(0, MOST_MEANT);
  const latestFirst = [...subscribed, ...mentioned].reverse();
  const others = [...new Set(latestFirst)].filter(
    (id) => !meantIds.includes(id) && !possibleIds.includes(id),
  );
  return { meantIds, possibleIds, otherIds: others.slice(0, MOST_OTHERS) };
}
