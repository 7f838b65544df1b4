import { randomUUID } from 'node:crypto';
import { isEnd, typeOfLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { asUnavailable } from './accept-chat.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';

/**
 * `cancel`: a chat that waits on this socket is taken out; for one that runs in the session the wish is
 * stored, so that whichever worker has it, or takes it later, ends it.
 */
export async function handleCancel(
  { bus }: InboundContext,
  { chats, session }: Chatting,
  message: ClientMessageOf<'cancel'>,
): Promise<void> {
  const requestId = message.data.request_id;
  if (chats.cancel(requestId)) return;
  try {
    // One that this gateway is just accepting has no log yet and counts as running.
    await session.accepting.get(requestId);
    const stream = bus.shards.streamOf(session.id);
    const last = await bus.lastOf(stream, subjects.chatLog(session.id, requestId));
    const type = last === undefined ? undefined : typeOfLogEvent(last.data);
    if (type === undefined || isEnd(type)) throw new ProtocolError('NOT_FOUND', { requestId });
    await bus.publish(
      subjects.cancel(session.id, requestId),
      JSON.stringify({ requested_at: new Date().toISOString() }),
      { messageId: `${session.id}:${requestId}:cancel:${randomUUID()}`, deadlineMs: bus.patienceMs },
    );
  } catch (error) {
    throw asUnavailable(error, requestId);
  }
}
