import { z } from 'zod';
import { commonSettings, integer, port, readEnv, type Environment } from '../shared/config/read-env.ts';

const schema = z.object({
  ...commonSettings,
  WORKER_ADMIN_PORT: port(9_465),
  WORKER_CONCURRENCY: integer(64, 1, 10_000),
  QUEUE_MAX_WAIT_MS: integer(600_000, 0, 86_400_000),
  DRAIN_SECONDS: integer(10, 0, 3_600),
  INVESTIGATION_ACCESS: z.enum(['public', 'claim']).default('public'),
  LOCAL_AGENT_DELAY_MS: integer(20, 0, 60_000),
});

export type WorkerConfig = z.infer<typeof schema>;

/** @throws ConfigError naming each variable that is wrong */
export function readWorkerConfig(env: Environment): WorkerConfig {
  return readEnv(schema, env);
}
