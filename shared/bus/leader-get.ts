import { JetStreamApiCodes } from '@nats-io/jetstream';
import { MsgHdrsImpl } from '@nats-io/transport-node';
import { z } from 'zod';
import { unsharded } from '../bus-protocol/session-shards.ts';
import type { StreamName } from '../bus-protocol/streams.ts';
import type { StoredMessage } from './bus.ts';
import { UnavailableError } from './bus-errors.ts';
import type { ReplyInbox } from './reply-inbox.ts';

const REQUEST_TIMEOUT_MS = 2_000;

/** The first message of a filter at or after a place, or the last of a literal subject, as the stream names it. */
export type LeaderQuery =
  { readonly seq: number; readonly next_by_subj: string } | { readonly last_by_subj: string };

const answer = z.object({
  message: z
    .object({
      subject: z.string(),
      seq: z.int(),
      time: z.coerce.date(),
      hdrs: z.string().optional(),
      data: z.string().optional(),
    })
    .optional(),
  error: z.object({ err_code: z.int() }).optional(),
});

/** What the stream's leader has. Undefined for nothing. @throws UnavailableError */
export async function leaderGet(
  inbox: Pick<ReplyInbox, 'ask'>,
  stream: StreamName,
  query: LeaderQuery,
): Promise<StoredMessage | undefined> {
  const question = { timeoutMs: REQUEST_TIMEOUT_MS };
  const reply = await inbox.ask(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(query), question);
  const { message, error } = answer.parse(reply.json());
  if (message === undefined) {
    if (error?.err_code === JetStreamApiCodes.NoMessageFound) return undefined;
    throw new UnavailableError(`leader read of ${stream}`, error);
  }
  const { subject, seq, time, hdrs = '', data = '' } = message;
  return {
    subject: unsharded(subject),
    sequence: seq,
    data: Buffer.from(data, 'base64'),
    storedAtMs: time.getTime(),
    header: (name) => MsgHdrsImpl.decode(Buffer.from(hdrs, 'base64')).get(name) || undefined,
  };
}
