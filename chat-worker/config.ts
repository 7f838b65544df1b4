import { z } from 'zod';
import { commonSettings, integer, port, readEnv, text, type Environment } from '../shared/config/read-env.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional();
const flag = z
  .enum(['true', 'false', '1', '0'], 'must be "true" or "false"')
  .default('false')
  .transform((written) => written === 'true' || written === '1');

const schema = z.object({
  ...commonSettings,
  WORKER_ADMIN_PORT: port(9_465),
  WORKER_CONCURRENCY: integer(64, 1, 10_000),
  QUEUE_MAX_WAIT_MS: integer(600_000, 0, 86_400_000),
  DRAIN_SECONDS: integer(10, 0, 3_600),
  INVESTIGATION_ACCESS: z.enum(['public', 'claim']).default('public'),
  LOCAL_AGENT_DELAY_MS: integer(20, 0, 60_000),
  OPENAI_BASE_URL: httpUrl,
  OPENAI_API_KEY: text,
  OPENAI_MODEL: z.string().default('gpt-4o-mini'),
  OPENAI_CONTINUE: flag,
  OPENAI_TOOLS: z.enum(['auto', 'always', 'never'], 'must be "auto", "always" or "never"').default('auto'),
  OPENAI_HISTORY_TOKENS: integer(4_000, 0, 1_000_000),
  OPENAI_FIRST_TOKEN_MS: integer(30_000, 1, 300_000),
  OPENAI_BETWEEN_TOKENS_MS: integer(20_000, 1, 300_000),
  OPENAI_ANSWER_MS: integer(600_000, 1, 3_600_000),
  OPENAI_RETRIES: integer(2, 0, 10),
});

export type WorkerConfig = z.infer<typeof schema>;

/** @throws ConfigError naming each variable that is wrong */
export function readWorkerConfig(env: Environment): WorkerConfig {
  return readEnv(schema, env);
}

/** Whether a model answers: a key or an address is enough to know which. Else the built-in agent does. */
export function usesModel(config: WorkerConfig): boolean {
  return config.OPENAI_BASE_URL !== undefined || config.OPENAI_API_KEY !== undefined;
}
