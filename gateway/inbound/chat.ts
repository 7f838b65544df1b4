import { randomUUID } from 'node:crypto';
import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { requestIdOf } from '../../shared/socket-protocol/identifiers.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { ChatQueueActions, ChatRequestDraft } from '../session/chat-queue.ts';
import type { Connection } from '../session/connection.ts';
import type { Session } from '../session/session.ts';
import { acceptChat, asUnavailable } from './accept-chat.ts';
import { answerRepeat } from './answer-repeat.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';
import { listChat } from './list-chat.ts';

const MAX_RUNNING_CHATS = 8;

/** `chat`: one question; the same `id` is one chat, however often it is sent. */
export function handleChat({ chats }: Chatting, message: ClientMessageOf<'chat'>): Promise<void> {
  return chats.submit({
    requestId: message.id === undefined ? randomUUID() : requestIdOf(message.id),
    named: message.id !== undefined,
    message: message.data.message,
    agentId: message.data.agentId,
  });
}

/** What the queue of one socket does with a chat whose turn it is. */
export function chatQueueActions(
  context: InboundContext,
  connection: Connection,
  session: Session,
): ChatQueueActions {
  return {
    run: async (draft) => {
      try {
        await runChat(context, connection, session, draft);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        connection.fail(error);
      }
    },
    answerRepeat: async (draft) => {
      try {
        return await answerRepeat(context.bus, connection, draft);
      } catch (error) {
        throw asUnavailable(error, draft.requestId);
      }
    },
  };
}

async function runChat(
  context: InboundContext,
  connection: Connection,
  session: Session,
  draft: ChatRequestDraft,
): Promise<void> {
  const { bus, events, store } = context;
  const { requestId } = draft;
  if (session.runningChats.size >= MAX_RUNNING_CHATS && !session.runningChats.has(requestId)) {
    throw new ProtocolError('LIMIT', { requestId });
  }
  let stopWaiting: (() => void) | undefined;
  // Its end may arrive before the broker's last word on its beginning.
  const ended = new Promise<void>((resolve) => {
    stopWaiting = session.whenEnded(requestId, resolve);
  });
  try {
    // Asked twice at once on this gateway: the second finds the first's log and starts nothing.
    await session.accepting.get(requestId);
    const accepted = acceptChat(bus, session, connection.principal, draft);
    const settled = accepted.then(
      () => undefined,
      () => undefined,
    );
    session.accepting.set(requestId, settled);
    void settled.then(() => session.accepting.delete(requestId));
    const [isNew] = await Promise.all([accepted, listChat(store, session, requestId, events)]);
    events.chatAccepted(session.id, requestId, !isNew);
    if (isNew) {
      await ended;
      return;
    }
    try {
      await answerRepeat(bus, connection, draft);
    } catch (error) {
      throw asUnavailable(error, requestId);
    }
  } finally {
    stopWaiting?.();
  }
}
