import { readWorkerConfig } from '../../../chat-worker/config.ts';
import { startWorker } from '../../../chat-worker/worker.ts';
import { runService } from '../../../shared/lifecycle/run-service.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { createChaosAgent } from './chaos-agent.ts';

/** The worker as it is, but for who answers. */
const config = readWorkerConfig(process.env);
const logger = createLogger('chat-worker', config.LOG_LEVEL);

await runService({
  start: (signal) => {
    const agent = createChaosAgent((generation) => process.send?.({ type: 'generation', ...generation }));
    return startWorker(config, { logger, signal, agent });
  },
  drainDeadlineMs: () => config.DRAIN_SECONDS * 1_000 + 2_000,
  onFatal: (error) => logger.fatal({ err: error }, 'stopped by an error'),
});
