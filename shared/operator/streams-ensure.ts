import { streamDefinitions } from '../bus-protocol/streams.ts';
import { streamSettings } from '../config/read-env.ts';
import { asOperator } from './as-operator.ts';

/** `npm run streams:ensure`: creates the streams, or brings them up to the settings, where services may not. */
await asOperator((config) => {
  const definitions = streamDefinitions(streamSettings(config));
  const { STREAM_REPLICAS: replicas, ACK_WAIT_MS: ackWaitMs } = config;
  return async (bus) => {
    await bus.ensureStreams(definitions, { replicas, ackWaitMs });
    const names = definitions.map(({ name }) => name).join(', ');
    return `${names} are as configured, with ${String(replicas)} replicas.`;
  };
});
