import { CannotContinueError, type Agent } from '../agent.ts';
import { routeToAgent } from '../intent-router.ts';
import { agentById, findAgent } from '../registry.ts';
import { ChatApi, type ChatApiSettings } from './chat-api.ts';
import { hasEndingNote } from './ending-notes.ts';
import { LinkedAbort } from './linked-abort.ts';
import { ModelAnswer, type ModelAnswerSettings } from './model-answer.ts';
import { ModelError } from './model-error.ts';
import { RateGate } from './rate-gate.ts';
import { loadSystemPrompts } from './system-prompts.ts';

export interface ModelAgentSettings extends ChatApiSettings, ModelAnswerSettings {
  /** For everything an answer takes, with all its tries and look-ups. */
  readonly answerMs: number;
  /** Whether the server goes on after the beginning of an answer. */
  readonly canContinue: boolean;
}

/**
 * The agent behind which a model speaks, in the voice of whoever the message is for. What it says is not
 * reproducible, so after a lost worker it either goes on after the stored text or starts again.
 * @throws AppError when a prompt is missing
 */
export function createModelAgent(settings: ModelAgentSettings): Agent {
  const prompts = loadSystemPrompts();
  const api = new ChatApi(settings);
  const gate = new RateGate();
  return {
    route(request) {
      const { id, name } = routeToAgent(request);
      return { id, name };
    },

    async *answer(request, identity, after) {
      if (hasEndingNote(after)) return;
      // What was said before the last look-up needs no continuing: it stands in the conversation as it is.
      const isUnfinished = after.length > (request.journal.rounds.at(-1)?.textLength ?? 0);
      if (isUnfinished && !settings.canContinue) throw new CannotContinueError('the model starts again');
      const agent = findAgent(identity.id) ?? agentById('drummond');
      const ports = { api, gate, systemPrompt: prompts[agent.id] };
      using ending = new LinkedAbort(request.signal);
      const tooLong = new ModelError('answer_timeout', 'The whole answer took too long', { mayRetry: false });
      const timer = setTimeout(() => ending.abort(tooLong), settings.answerMs);
      try {
        yield* new ModelAnswer(ports, settings, request, { after, signal: ending.signal }).pieces();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
