import { runService } from '../shared/lifecycle/run-service.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { flushTelemetry } from '../shared/telemetry/sdk.ts';
import { readWorkerConfig } from './config.ts';
import { startWorker } from './worker.ts';

/** What a drain may take beyond `DRAIN_SECONDS`: the last words to the broker. */
const MARGIN_MS = 2_000;

let logger = createLogger('chat-worker', 'info');
let drainMs = 0;

await runService({
  start: async (signal) => {
    const config = readWorkerConfig(process.env);
    logger = createLogger('chat-worker', config.LOG_LEVEL);
    drainMs = config.DRAIN_SECONDS * 1_000;
    const worker = await startWorker(config, { logger, signal });
    return {
      drain: async () => {
        await worker.drain();
        await flushTelemetry();
      },
    };
  },
  drainDeadlineMs: () => drainMs + MARGIN_MS,
  onFatal: (error) => logger.fatal({ err: error }, 'stopped by an error'),
});
