import { ACCEPTED_SEQUENCE_HEADER, isEnd, typeOfLogEvent } from '../bus-protocol/chat-log.ts';
import type { SessionStream } from '../bus-protocol/session-shards.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import type { Bus, StoredMessage } from './bus.ts';

/** What a chat began and ended with; either is undefined where it isn't there. */
export interface ChatLogEnds {
  readonly accepted: StoredMessage | undefined;
  readonly end: StoredMessage | undefined;
}

/** Two cheap lookups, however long the chat: what lies between is never read. @throws UnavailableError */
export async function endsOfChatLog(
  bus: Pick<Bus, 'shards' | 'lastOf' | 'get'>,
  sessionId: string,
  requestId: string,
): Promise<ChatLogEnds> {
  const stream = bus.shards.streamOf(sessionId);
  const last = await bus.lastOf(stream, subjects.chatLog(sessionId, requestId));
  if (last === undefined) return { accepted: undefined, end: undefined };
  const first = await firstOfChatLog(bus, stream, last);
  const type = typeOfLogEvent(last.data);
  return {
    accepted: first !== undefined && typeOfLogEvent(first.data) === 'chat_accepted' ? first : undefined,
    end: type !== undefined && isEnd(type) ? last : undefined,
  };
}

/** The first event of the log in this stream whose last message is given. @throws UnavailableError */
export async function firstOfChatLog(
  bus: Pick<Bus, 'get'>,
  stream: SessionStream,
  last: StoredMessage,
): Promise<StoredMessage | undefined> {
  if (typeOfLogEvent(last.data) === 'chat_accepted') return last;
  const sequence = Number(last.header(ACCEPTED_SEQUENCE_HEADER));
  if (!Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return bus.get(stream, sequence);
}
