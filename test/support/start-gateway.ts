import { readGatewayConfig } from '../../gateway/config.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { testEnvironment, type Overrides } from './test-environment.ts';

/** A gateway in this process, on a free port. */
export interface TestGateway extends Gateway {
  /** `ws://…` without a path. */
  readonly url: string;
  readonly adminUrl: string;
}

export async function startTestGateway(natsUrl: string, overrides: Overrides = {}): Promise<TestGateway> {
  // Its sockets are not spread over time unless a test wants it.
  const config = readGatewayConfig(testEnvironment(natsUrl, { DRAIN_SECONDS: '0', ...overrides }));
  const logger = createLogger('gateway', config.LOG_LEVEL);
  const gateway = await startGateway(config, logger, new AbortController().signal);
  return {
    port: gateway.port,
    adminPort: gateway.adminPort,
    url: `ws://127.0.0.1:${gateway.port}`,
    adminUrl: `http://127.0.0.1:${gateway.adminPort}`,
    drain: () => gateway.drain(),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
