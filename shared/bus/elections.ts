import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { UnavailableError } from './bus-errors.ts';
import { untilAvailable } from './until-available.ts';

/** nats-server 2.9 was seen to need 12 s for a new leader. */
export const ELECTION_MS = 30_000;
const REQUEST_TIMEOUT_MS = 2_000;

/**
 * What the broker has of JetStream. Asked again when a request is lost, as one is that meets a connection's end,
 * and in a cluster, whose servers say that they have it before they have agreed on who leads.
 * @throws when it has none
 */
export function jetstreamOf(connection: NatsConnection, signal: AbortSignal): Promise<JetStreamManager> {
  const isAlone = connection.info?.cluster === undefined;
  const ask = async (): Promise<JetStreamManager> => {
    try {
      return await jetstreamManager(connection, { timeout: REQUEST_TIMEOUT_MS });
    } catch (error) {
      if (isAlone && !(error instanceof errors.TimeoutError)) throw error;
      throw new UnavailableError('JetStream', error);
    }
  };
  return untilAvailable(ask, ELECTION_MS, signal);
}
