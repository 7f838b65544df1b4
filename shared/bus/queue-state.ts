import type { JetStreamManager } from '@nats-io/jetstream';
import { WORKER_CONSUMER } from '../bus-protocol/streams.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import type { QueueState } from './bus.ts';
import { leaderGet } from './leader-get.ts';
import type { ReplyInbox } from './reply-inbox.ts';

/** Two requests to the broker, one while nobody waits. */
export async function readQueueState(inbox: ReplyInbox, manager: JetStreamManager): Promise<QueueState> {
  const info = await manager.consumers.info('CHAT_REQUESTS', WORKER_CONSUMER);
  const { num_pending: waiting, num_ack_pending: taken } = info;
  if (waiting === 0) return { waiting, taken, oldestWaitMs: 0 };
  const next = info.delivered.stream_seq + 1;
  const oldest = await leaderGet(inbox, 'CHAT_REQUESTS', {
    seq: next,
    next_by_subj: subjects.anyChatRequest,
  });
  // None: taken by somebody since.
  const oldestWaitMs = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.storedAtMs);
  return { waiting, taken, oldestWaitMs };
}
