import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { asUnavailable } from './bus-errors.ts';
import { untilAvailable } from './until-available.ts';

/** nats-server 2.9 was seen to need 12 s for a new leader. */
export const ELECTION_MS = 30_000;
const REQUEST_TIMEOUT_MS = 2_000;

/**
 * A server of a cluster says that it has JetStream before the servers have agreed on who leads: it is asked again.
 * @throws when it has none
 */
export async function jetstreamOf(
  connection: NatsConnection,
  signal: AbortSignal,
): Promise<JetStreamManager> {
  const ask = (): Promise<JetStreamManager> =>
    asUnavailable('JetStream', () => jetstreamManager(connection, { timeout: REQUEST_TIMEOUT_MS }));
  return connection.info?.cluster === undefined ? ask() : untilAvailable(ask, ELECTION_MS, signal);
}
