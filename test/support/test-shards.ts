import { mappingOf, SessionShards } from '../../shared/bus-protocol/session-shards.ts';
import type { StreamFamily, StreamName } from '../../shared/bus-protocol/streams.ts';

/**
 * In how many streams the tests' brokers keep sessions: `TEST_STREAM_SHARDS=2 npx vitest run --project e2e` has
 * the same tests look at a sharded system.
 */
export const TEST_SHARDS = new SessionShards(Number(process.env['TEST_STREAM_SHARDS'] ?? '1'));

/** What the tests' brokers need in their configuration; nothing for one stream. */
export function brokerMappings({ count }: SessionShards = TEST_SHARDS): string {
  return count === 1 ? '' : `mappings: { ${mappingOf(count)} }`;
}

/** The stream that holds a subject: of sessions, the one of the subject's session. */
export function streamHolding(subject: string, family: StreamFamily, shards: SessionShards): StreamName {
  return family === 'SESSIONS' ? shards.streamBehind(subject) : family;
}
