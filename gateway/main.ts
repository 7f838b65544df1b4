import { runService } from '../shared/lifecycle/run-service.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { flushTelemetry } from '../shared/telemetry/sdk.ts';
import { readGatewayConfig } from './config.ts';
import { startGateway } from './gateway.ts';

/** What a drain may take beyond the time its sockets are spread over. */
const DRAIN_MARGIN_MS = 4_000;

let logger = createLogger('gateway', 'info');
let drainDeadlineMs = DRAIN_MARGIN_MS;
await runService({
  start: async (signal) => {
    const config = readGatewayConfig(process.env);
    logger = createLogger('gateway', config.LOG_LEVEL);
    drainDeadlineMs = config.DRAIN_SECONDS * 1_000 + DRAIN_MARGIN_MS;
    const gateway = await startGateway(config, logger, signal);
    return {
      drain: async () => {
        await gateway.drain();
        await flushTelemetry();
      },
    };
  },
  drainDeadlineMs: () => drainDeadlineMs,
  onFatal: (error) => {
    logger.fatal({ err: error }, 'fatal');
  },
});
