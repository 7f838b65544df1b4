import { openPlainNats } from '../shared/bus/plain-nats.ts';
import { runService } from '../shared/lifecycle/run-service.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { readDemoConfig } from './config.ts';
import { readContracts } from './contracts/read-contracts.ts';
import { scriptOfAudit } from './play/script-of-audit.ts';
import { Stage } from './play/stage.ts';

// What `npm start` runs beside the services in development: it plays the demo when the page asks for it.
const DURATION_MS = 30_000;
const DRAIN_DEADLINE_MS = 2_000;

let logger = createLogger('demo', 'info');
await runService({
  start: async (signal) => {
    const { broker, logLevel } = readDemoConfig(process.env);
    logger = createLogger('demo', logLevel);
    const nats = await openPlainNats(
      broker,
      'demo',
      (error) => {
        logger.warn({ err: error }, 'waiting for the broker');
      },
      signal,
    );
    const stage = new Stage(nats, {
      script: scriptOfAudit(readContracts()),
      durationMs: DURATION_MS,
      onFailed: (investigationId, error) => {
        logger.error({ err: error, investigationId }, 'the demo ended early');
      },
      onRefused: (error) => {
        logger.warn({ err: error }, 'the button of the page does nothing: use npm run demo');
      },
    });
    await nats.flush();
    return {
      drain: async () => {
        await stage[Symbol.asyncDispose]();
        await nats[Symbol.asyncDispose]();
      },
    };
  },
  drainDeadlineMs: () => DRAIN_DEADLINE_MS,
  onFatal: (error) => {
    logger.fatal({ err: error }, 'fatal');
  },
});
