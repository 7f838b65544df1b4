import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import type { StreamName } from '../bus-protocol/streams.ts';
import { UnavailableError } from './bus-errors.ts';

const REQUEST_TIMEOUT_MS = 2_000;

const answer = z.object({
  message: z.object({ seq: z.int(), time: z.coerce.date() }).optional(),
  error: z.object({ err_code: z.int() }).optional(),
});

/**
 * Where the first message of a filter at or after a place is, as the stream's leader knows it, and when it was
 * stored. The client has no call for this form of the get.
 * @throws UnavailableError
 */
export async function leaderNext(
  connection: NatsConnection,
  stream: StreamName,
  filter: string,
  from: number,
): Promise<{ readonly sequence: number; readonly storedAtMs: number } | undefined> {
  const reply = await connection.request(
    `$JS.API.STREAM.MSG.GET.${stream}`,
    JSON.stringify({ seq: from, next_by_subj: filter }),
    { timeout: REQUEST_TIMEOUT_MS },
  );
  const { message, error } = answer.parse(reply.json());
  if (message !== undefined) return { sequence: message.seq, storedAtMs: message.time.getTime() };
  if (error?.err_code === JetStreamApiCodes.NoMessageFound) return undefined;
  throw new UnavailableError(`leader read of ${stream}`, error);
}
