import type { JetStreamManager } from '@nats-io/jetstream';
import type { SessionShards } from '../bus-protocol/session-shards.ts';

const SESSION_STREAM = /^SESSIONS(_\d+)?$/;

/**
 * Deletes the streams in which sessions are kept in another number of streams, and all that is in them.
 * @returns their names
 */
export async function deleteOtherSessionStreams(
  manager: JetStreamManager,
  shards: SessionShards,
): Promise<readonly string[]> {
  const deleted: string[] = [];
  for await (const name of manager.streams.names()) {
    if (!SESSION_STREAM.test(name)) continue;
    const own = shards.streams.find((stream) => stream === name);
    const { config } = await manager.streams.info(name);
    const isOwn = own !== undefined && (config.description || undefined) === shards.description(own);
    if (isOwn) continue;
    await manager.streams.delete(name);
    deleted.push(name);
  }
  return deleted;
}
