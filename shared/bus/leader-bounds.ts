import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { StreamName } from '../bus-protocol/streams.ts';
import type { StreamBounds } from './bus.ts';
import { UnavailableError } from './bus-errors.ts';
import type { ReplyInbox } from './reply-inbox.ts';

const REQUEST_TIMEOUT_MS = 2_000;

const answer = z.object({
  created: z.string().optional(),
  state: z.object({ first_seq: z.int(), last_seq: z.int() }).optional(),
  error: z.object({ err_code: z.int() }).optional(),
});

/** Of each stream that was ever asked for: a stream is seldom created anew, and every new chat asks. */
const epochs = new Map<string, string>();

/** Where a stream begins and ends, as its leader knows it. @throws UnavailableError */
export async function leaderBounds(
  inbox: Pick<ReplyInbox, 'ask'>,
  stream: StreamName,
): Promise<StreamBounds> {
  const reply = await inbox.ask(`$JS.API.STREAM.INFO.${stream}`, '', { timeoutMs: REQUEST_TIMEOUT_MS });
  const { created, state, error } = answer.parse(reply.json());
  if (created === undefined || state === undefined) throw new UnavailableError(`bounds of ${stream}`, error);
  return {
    first: Math.max(1, state.first_seq),
    last: state.last_seq,
    epoch: epochOf(`${stream} ${created}`),
  };
}

function epochOf(stream: string): string {
  const known = epochs.get(stream);
  if (known !== undefined) return known;
  const epoch = createHash('sha256').update(stream).digest('base64url').slice(0, 8);
  epochs.set(stream, epoch);
  return epoch;
}
