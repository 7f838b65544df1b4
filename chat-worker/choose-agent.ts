import type { Agent } from './agents/agent.ts';
import { createBuiltInAgent } from './agents/built-in-agent.ts';
import { usesModel, type WorkerConfig } from './config.ts';

/** The first of the pauses before a request is sent again. */
const FIRST_RETRY_PAUSE_MS = 500;

/**
 * Who answers: a model where the settings name one, else the built-in agent.
 * @throws AppError when a prompt of the model's agents is missing
 */
export async function chooseAgent(config: WorkerConfig): Promise<Agent> {
  if (!usesModel(config)) return createBuiltInAgent({ pieceDelayMs: config.LOCAL_AGENT_DELAY_MS });
  // The package behind it takes a while to load, which whoever has no model need not wait for.
  const { createModelAgent } = await import('./agents/model/model-agent.ts');
  return createModelAgent({
    baseUrl: config.OPENAI_BASE_URL,
    apiKey: config.OPENAI_API_KEY,
    model: config.OPENAI_MODEL,
    tools: config.OPENAI_TOOLS,
    canContinue: config.OPENAI_CONTINUE,
    historyTokens: config.OPENAI_HISTORY_TOKENS,
    firstTokenMs: config.OPENAI_FIRST_TOKEN_MS,
    betweenTokensMs: config.OPENAI_BETWEEN_TOKENS_MS,
    answerMs: config.OPENAI_ANSWER_MS,
    retries: config.OPENAI_RETRIES,
    firstPauseMs: FIRST_RETRY_PAUSE_MS,
  });
}
