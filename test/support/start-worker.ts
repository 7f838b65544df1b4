import type { Agent } from '../../chat-worker/agents/agent.ts';
import { readWorkerConfig } from '../../chat-worker/config.ts';
import { startWorker, type Worker } from '../../chat-worker/worker.ts';
import { testEnvironment, type Overrides } from './test-environment.ts';

/** A worker in this process, with the built-in agent unless a test brings its own. Disposing it is a crash. */
export function startTestWorker(
  natsUrl: string,
  options: { readonly agent?: Agent; readonly overrides?: Overrides } = {},
): Promise<Worker> {
  const { agent, overrides } = options;
  const config = readWorkerConfig(testEnvironment(natsUrl, overrides));
  return startWorker(config, agent === undefined ? {} : { agent });
}
