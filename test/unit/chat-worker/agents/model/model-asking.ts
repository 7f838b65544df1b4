import type { Agent } from '../../../../../chat-worker/agents/agent.ts';
import {
  createModelAgent,
  type ModelAgentSettings,
} from '../../../../../chat-worker/agents/model/model-agent.ts';

/** An agent at a server of a test, patient enough for a busy machine and quick to try again. */
export function modelAgentAt(
  server: { readonly baseUrl: string },
  settings: Partial<ModelAgentSettings> = {},
): Agent {
  return createModelAgent({
    baseUrl: server.baseUrl,
    apiKey: 'sk-test',
    model: 'modelo-de-teste',
    tools: 'auto',
    canContinue: false,
    historyTokens: 4_000,
    firstTokenMs: 10_000,
    betweenTokensMs: 10_000,
    answerMs: 20_000,
    retries: 2,
    firstPauseMs: 5,
    ...settings,
  });
}
