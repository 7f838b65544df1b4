import type { AgentRequest } from './agent.ts';
import { foldedWords } from './lexicon/fold-text.ts';
import type { Intent, RecognizableIntent } from './intents.ts';
import { agentOfIntent } from './intents.ts';
import { conversationIntentTerms } from './lexicon/conversation-intents.ts';
import { taskIntentTerms } from './lexicon/task-intents.ts';
import { LexiconMatcher } from './lexicon/lexicon-matcher.ts';
import type { AgentProfile } from './registry.ts';
import { agentById, findAgent } from './registry.ts';

const matcher = new LexiconMatcher<RecognizableIntent>({ ...taskIntentTerms, ...conversationIntentTerms });

/** In the order that breaks ties: tasks first, as the lexicon lists them. */
const intentsInOrder = Object.keys({
  ...taskIntentTerms,
  ...conversationIntentTerms,
}) as RecognizableIntent[];

/** Less than this is a coincidence, except in what is visibly a question. */
const leastScore = 2;

/** What the message asks for. Pure, deterministic, and bounded whatever the message's length. */
export function recognizeIntent(message: string): Intent {
  const scores = matcher.score(foldedWords(message));
  let best: Intent = 'unknown';
  let bestScore = 0;
  for (const intent of intentsInOrder) {
    const score = scores.get(intent) ?? 0;
    if (score > bestScore) {
      best = intent;
      bestScore = score;
    }
  }
  if (bestScore >= leastScore) return best;
  const asks = message.includes('?') && (scores.get('question') ?? 0) > 0;
  return asks ? 'question' : 'unknown';
}

/** Who answers: the agent the client asked for where there is such a one, else the intent's. */
export function routeToAgent(request: Pick<AgentRequest, 'message' | 'agentId'>): AgentProfile {
  const asked = request.agentId === undefined ? undefined : findAgent(request.agentId);
  return asked ?? agentById(agentOfIntent[recognizeIntent(request.message)]);
}
