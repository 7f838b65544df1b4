import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { storedIn } from '../bus-protocol/session-shards.ts';
import type { StreamName } from '../bus-protocol/streams.ts';
import { asUnavailable, UnavailableError } from './bus-errors.ts';
import { leaderGet } from './leader-get.ts';
import type { ReplyInbox } from './reply-inbox.ts';

/** Erases the messages of a subject filter, those before a sequence if one is given. @throws UnavailableError */
export async function purge(
  manager: JetStreamManager,
  stream: Exclude<StreamName, 'CHAT_REQUESTS'>,
  filter: string,
  before: number | undefined,
): Promise<void> {
  const options = { filter: storedIn(stream, filter), ...(before === undefined ? {} : { seq: before }) };
  await asUnavailable(`purge of ${stream}`, () => manager.streams.purge(stream, options));
}

/**
 * Erases the queue items of a subject filter, one by one. Not by a purge of the filter: in nats-server 2.9 that
 * moves the workers' consumer behind the last item of all, and every chat that waits is lost.
 * @throws UnavailableError some may be left
 */
export async function eraseQueueItems(
  inbox: ReplyInbox,
  manager: JetStreamManager,
  filter: string,
): Promise<void> {
  const next = (from: number) => leaderGet(inbox, 'CHAT_REQUESTS', { seq: from, next_by_subj: filter });
  for (let item = await next(1); item !== undefined;) {
    const { sequence } = item;
    const refusal = await deleteItem(manager, sequence);
    item = await next(refusal === undefined ? sequence + 1 : sequence);
    // Refused, and gone meanwhile: a worker has ended it.
    if (refusal !== undefined && item?.sequence === sequence) {
      throw new UnavailableError('erasure of a queue item', refusal);
    }
  }
}

async function deleteItem(manager: JetStreamManager, sequence: number): Promise<Error | undefined> {
  try {
    await manager.streams.deleteMessage('CHAT_REQUESTS', sequence, true);
    return undefined;
  } catch (error) {
    if (error instanceof JetStreamApiError) return error;
    throw error;
  }
}
