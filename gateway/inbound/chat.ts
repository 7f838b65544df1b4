import { randomUUID } from 'node:crypto';
import type { ChatLogEventType } from '../../shared/bus-protocol/chat-log.ts';
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
export async function handleChat(
  { events }: InboundContext,
  { connection, session, chats }: Chatting,
  message: ClientMessageOf<'chat'>,
): Promise<void> {
  const receivedAtMs = performance.now();
  const requestId = message.id === undefined ? randomUUID() : requestIdOf(message.id);
  const { traceparent, agentId } = message.data;
  const trace = events.traces?.chat({
    connectionId: connection.id,
    sessionId: session.id,
    requestId,
    traceparent,
  });
  const named = message.id !== undefined;
  try {
    await chats.submit({
      requestId,
      named,
      message: message.data.message,
      agentId,
      receivedAtMs,
      trace,
    });
  } catch (error) {
    trace?.fail(error);
    trace?.end();
    throw error;
  }
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
        draft.trace?.fail(error);
        connection.fail(error);
      } finally {
        draft.trace?.end();
      }
    },
    answerRepeat: (draft) => repeatAnswered(context, connection, session, draft),
  };
}

/**
 * Resolves when the chat has ended, or when it was the repeat of one. `onAccepted` is called when it is sure
 * to be answered.
 * @throws ProtocolError
 */
export async function runChat(
  context: InboundContext,
  connection: Connection,
  session: Session,
  draft: ChatRequestDraft,
  onAccepted: () => void = () => undefined,
): Promise<void> {
  const { bus, events, store, chatRate } = context;
  const { requestId } = draft;
  const { chatKey } = connection;
  // A repeat starts nothing, so no limit is in its way. Asked twice at once: the first's log decides.
  const isLimited = isFull(session, requestId) || chatRate.isSpent(chatKey);
  const mayBeRepeat = isLimited || session.accepting.has(requestId);
  if (draft.named && mayBeRepeat && (await repeatAnswered(context, connection, session, draft))) return;
  if (isFull(session, requestId)) throw new ProtocolError('LIMIT', { requestId });
  const giveBack = chatRate.take(chatKey, requestId);
  let stopWaiting: (() => void) | undefined;
  // Its end may arrive before the broker's last word on its beginning.
  const ended = new Promise<ChatLogEventType | undefined>((resolve) => {
    stopWaiting = session.chats.whenEnded(requestId, resolve);
  });
  const stopWatching = session.chats.whenFirstChunk(requestId, () => {
    events.firstChunk(draft.receivedAtMs);
  });
  const list = (): Promise<void> => listChat(store, session, requestId, events);
  let listed = Promise.resolve();
  const accepted = acceptChat(bus, session, connection.principal, draft, () => {
    listed = list();
  });
  const settled = accepted.then(
    () => undefined,
    () => undefined,
  );
  session.chats.accepting.set(requestId, settled);
  try {
    const isNew = await accepted;
    // A repeat too: who sent it first may have died over it.
    await (isNew ? listed : list());
    const chat = { connectionId: connection.id, sessionId: session.id, requestId };
    events.chatAccepted(chat, !isNew, draft.trace?.ids);
    if (isNew) {
      onAccepted();
      const end = await ended;
      if (end !== undefined) events.chatAnswered(draft.receivedAtMs, end);
      return;
    }
    giveBack();
    await repeatAnswered(context, connection, session, draft);
  } finally {
    stopWaiting?.();
    stopWatching();
    if (session.accepting.get(requestId) === settled) session.chats.accepting.delete(requestId);
  }
}

/** Whether one chat more would be too many. What was just sent may not be seen in the channel yet. */
function isFull({ runningChats, accepting }: Session, requestId: string): boolean {
  if (runningChats.has(requestId)) return false;
  return new Set([...runningChats.keys(), ...accepting.keys()]).size >= MAX_RUNNING_CHATS;
}

async function repeatAnswered(
  { bus }: InboundContext,
  connection: Connection,
  session: Session,
  draft: ChatRequestDraft,
): Promise<boolean> {
  try {
    // Sent twice in one breath: the first has no log yet.
    await session.accepting.get(draft.requestId);
    return await answerRepeat(bus, connection, draft);
  } catch (error) {
    throw asUnavailable(error, draft.requestId);
  }
}
