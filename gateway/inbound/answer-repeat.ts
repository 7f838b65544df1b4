import { z } from 'zod';
import type { Bus } from '../../shared/bus/bus.ts';
import { firstOfChatLog } from '../../shared/bus/chat-log-ends.ts';
import { typeOfLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { ChatRequestDraft } from '../session/chat-queue.ts';
import type { Connection } from '../session/connection.ts';

const utf8 = new TextDecoder();
const acceptedEnvelope = z.looseObject({
  type: z.literal('chat_accepted'),
  data: z.looseObject({ request_id: z.string() }),
});

/**
 * Answers the repeat of a chat to the socket that asks: its `chat_accepted` again, marked as duplicate, and
 * when it has ended its last event, both without a place in the channel. False when there is no such chat.
 */
export async function answerRepeat(
  bus: Bus,
  connection: Connection,
  draft: ChatRequestDraft,
): Promise<boolean> {
  const stream = bus.shards.streamOf(connection.sessionId);
  const last = await bus.lastOf(stream, subjects.chatLog(connection.sessionId, draft.requestId));
  if (last === undefined) return false;
  const first = await firstOfChatLog(bus, stream, last);
  const accepted = acceptedEnvelope.safeParse(first === undefined ? undefined : parse(first.data));
  if (accepted.success) {
    const repeated = { ...accepted.data, data: { ...accepted.data.data, duplicate: true } };
    connection.send('chat_accepted', JSON.stringify(repeated));
  } else {
    // A log that begins with a claim belongs to a queue item nobody could read.
    connection.reply('chat_accepted', {
      request_id: draft.requestId,
      role: 'user',
      message: draft.message,
      duplicate: true,
    });
  }
  const type = typeOfLogEvent(last.data);
  if (type === 'chat_complete' || type === 'error') connection.send(type, utf8.decode(last.data));
  return true;
}

function parse(data: Uint8Array): unknown {
  return JSON.parse(utf8.decode(data));
}
