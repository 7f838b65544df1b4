import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { WORKER_CONSUMER } from '../bus-protocol/streams.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import type { QueueState } from './bus.ts';

const REQUEST_TIMEOUT_MS = 2_000;

const storedMessage = z.object({ message: z.object({ time: z.coerce.date() }).optional() });

/** Two requests to the broker, one while nobody waits. */
export async function readQueueState(
  connection: NatsConnection,
  manager: JetStreamManager,
): Promise<QueueState> {
  const info = await manager.consumers.info('CHAT_REQUESTS', WORKER_CONSUMER);
  const { num_pending: waiting, num_ack_pending: taken } = info;
  if (waiting === 0) return { waiting, taken, oldestWaitMs: 0 };
  const oldest = await storedAt(connection, info.delivered.stream_seq + 1);
  // Taken by somebody since.
  if (oldest === undefined) return { waiting, taken, oldestWaitMs: 0 };
  return { waiting, taken, oldestWaitMs: Math.max(0, Date.now() - oldest.getTime()) };
}

/** When the first item at or after a place was stored. The client has no call for this form of the get. */
async function storedAt(connection: NatsConnection, sequence: number): Promise<Date | undefined> {
  const answer = await connection.request(
    '$JS.API.STREAM.MSG.GET.CHAT_REQUESTS',
    JSON.stringify({ seq: sequence, next_by_subj: subjects.anyChatRequest }),
    { timeout: REQUEST_TIMEOUT_MS },
  );
  return storedMessage.parse(answer.json()).message?.time;
}
