import { JetStreamApiError } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { z } from 'zod';
import { UnavailableError } from './bus-errors.ts';
import type { ReplyInbox } from './reply-inbox.ts';

/** One try to store a message. */
export interface StoreTry {
  readonly messageId: string;
  /** Refuse unless the last message of the subject has this sequence (0: there is none). */
  readonly expectedLastSequence?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const answer = z.object({
  stream: z.string().optional(),
  seq: z.int().optional(),
  error: z.object({ code: z.int(), err_code: z.int(), description: z.string() }).optional(),
});

/**
 * @returns the sequence the message is stored under
 * @throws JetStreamApiError the broker refuses it
 * @throws UnavailableError
 */
export async function storeMessage(
  inbox: Pick<ReplyInbox, 'ask'>,
  subject: string,
  data: Uint8Array | string,
  { messageId, expectedLastSequence, headers: values = {}, timeoutMs }: StoreTry,
): Promise<number> {
  const messageHeaders = headers();
  for (const [name, value] of Object.entries(values)) messageHeaders.set(name, value);
  messageHeaders.set('Nats-Msg-Id', messageId);
  if (expectedLastSequence !== undefined) {
    messageHeaders.set('Nats-Expected-Last-Subject-Sequence', expectedLastSequence.toString());
  }
  const reply = await inbox.ask(subject, data, { headers: messageHeaders, timeoutMs });
  const { stream = '', seq = 0, error } = answer.parse(reply.json());
  if (error !== undefined) throw new JetStreamApiError(error);
  // A cluster that restarts may confirm without saying what: it is asked again, under the same message id.
  if (stream === '' || seq < 1) throw new UnavailableError(subject);
  return seq;
}
