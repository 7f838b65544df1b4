import { parseArgs } from 'node:util';
import { streamDefinitions } from '../bus-protocol/streams.ts';
import { streamSettings } from '../config/read-env.ts';
import { AppError } from '../errors/app-error.ts';
import { asOperator } from './as-operator.ts';

/**
 * `npm run streams:ensure`: creates the streams, or brings them up to the settings, where services may not.
 * `-- --replace-sessions` first deletes those in which sessions are kept in another number of streams.
 */
const USAGE = 'Usage: npm run streams:ensure [-- --replace-sessions]';

function replacesSessions(): boolean {
  try {
    return (
      parseArgs({ options: { 'replace-sessions': { type: 'boolean' } } }).values['replace-sessions'] ?? false
    );
  } catch (error) {
    throw new AppError('USAGE', USAGE, { retryable: false, cause: error });
  }
}

await asOperator((config) => {
  const replaces = replacesSessions();
  const definitions = streamDefinitions(streamSettings(config));
  const { STREAM_REPLICAS: replicas, ACK_WAIT_MS: ackWaitMs } = config;
  return async (bus) => {
    const deleted = replaces ? await bus.deleteOtherSessionStreams() : [];
    await bus.ensureStreams(definitions, { replicas, ackWaitMs });
    const names = definitions.map(({ name }) => name).join(', ');
    return [
      ...deleted.map((name) => `${name} is deleted.`),
      `${names} are as configured, with ${String(replicas)} replicas.`,
    ].join('\n');
  };
});
