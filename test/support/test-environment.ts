import { TEST_SHARDS } from './test-shards.ts';

export type Overrides = Readonly<Record<string, string>>;

/**
 * The environment of services in a test: silent, on free ports, with small streams. What every service
 * must agree on is the same for gateways and workers. Limits that tests would run into by accident are far
 * away; a test of a limit sets it.
 */
export function testEnvironment(natsUrl: string, overrides: Overrides = {}): Record<string, string> {
  return {
    NATS_URL: natsUrl,
    STREAM_SHARDS: String(TEST_SHARDS.count),
    // As many as there are servers.
    STREAM_REPLICAS: String(natsUrl.split(',').length),
    LOG_LEVEL: 'silent',
    HOST: '127.0.0.1',
    PORT: '0',
    ADMIN_PORT: '0',
    WORKER_ADMIN_PORT: '0',
    STREAM_MAX_MEGABYTES: '64',
    QUEUE_MAX_CHATS: '1000',
    ACK_WAIT_MS: '1000',
    RATE_LIMIT_PER_SECOND: '10000',
    MAX_CHATS_PER_MINUTE: '10000',
    MAX_CONNECTIONS_PER_IP: '10000',
    LOCAL_AGENT_DELAY_MS: '0',
    ...overrides,
  };
}
