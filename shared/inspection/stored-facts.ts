import { ACCEPTED_SEQUENCE_HEADER } from '../bus-protocol/chat-log.ts';
import type { ChatHistory, InspectionSubject, Place, StoredAnswer } from '../bus-protocol/inspection.ts';
import { parsePayload } from '../bus-protocol/parse-payload.ts';
import { sessionState, type SessionState } from '../bus-protocol/session-state.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import type { Bus } from '../bus/bus.ts';
import { decodeCursor } from '../channel/position.ts';
import { ChatDigest } from './chat-digest.ts';

/** Of a session's chats the last are told: each is a read of its whole log. */
const MAX_CHATS = 8;

type Reads = Pick<Bus, 'shards' | 'lastOf' | 'read'>;

/**
 * What the streams say about what an operator asks, without a word of what people wrote.
 * @throws UnavailableError
 */
export async function storedFacts(bus: Reads, about: InspectionSubject): Promise<StoredAnswer> {
  const nothing: StoredAnswer = { from: 'stored', record: null, chats: [], last_events: [] };
  if ('investigation_id' in about) {
    return { ...nothing, last_events: await lastEvents(bus, about.investigation_id, about.kinds) };
  }
  const { session_id: sessionId } = about;
  if (sessionId === undefined) return nothing;
  if ('request_id' in about) {
    const chat = await chatHistory(bus, sessionId, about.request_id);
    return { ...nothing, chats: chat === undefined ? [] : [chat] };
  }
  const state = await stateOf(bus, sessionId);
  if (state === undefined) return nothing;
  const recent = state.chats.slice(-MAX_CHATS).map(([requestId]) => chatHistory(bus, sessionId, requestId));
  const chats = (await Promise.all(recent)).filter((chat) => chat !== undefined);
  return { ...nothing, record: recordOf(state), chats };
}

async function stateOf(bus: Reads, sessionId: string): Promise<SessionState | undefined> {
  const stored = await bus.lastOf('SESSION_STATE', subjects.sessionState(sessionId));
  return stored === undefined ? undefined : sessionState.safeParse(parsePayload(stored.data)).data;
}

function recordOf(state: SessionState): StoredAnswer['record'] {
  return {
    owner: state.owner ?? null,
    subscriptions: state.subscriptions.map(({ investigation_id, cursor }) => ({
      investigation_id,
      from: placeOf(cursor),
    })),
    chats: state.chats.length,
    seen_at_ms: state.seen_at,
    forgotten_at_ms: state.forgotten_at ?? null,
  };
}

function placeOf(cursor: string): Place | null {
  const position = decodeCursor(cursor);
  return position === undefined ? null : { base: position.base, above: [...position.above] };
}

async function chatHistory(
  bus: Reads,
  sessionId: string,
  requestId: string,
): Promise<ChatHistory | undefined> {
  const stream = bus.shards.streamOf(sessionId);
  const subject = subjects.chatLog(sessionId, requestId);
  const [last, cancel] = await Promise.all([
    bus.lastOf(stream, subject),
    bus.lastOf(stream, subjects.cancel(sessionId, requestId)),
  ]);
  if (last === undefined) return undefined;
  const digest = new ChatDigest();
  const first = Number(last.header(ACCEPTED_SEQUENCE_HEADER));
  // Only the first event of a log does not say where the log begins.
  if (Number.isSafeInteger(first) && first >= 1 && first < last.sequence) {
    await bus.read(stream, subject, { from: first, to: last.sequence - 1 }, (message) => {
      digest.add(message);
      return true;
    });
  }
  digest.add(last);
  return digest.history(sessionId, requestId, cancel?.storedAtMs ?? null);
}

async function lastEvents(
  bus: Reads,
  investigationId: string,
  kinds: readonly string[],
): Promise<StoredAnswer['last_events']> {
  const found: StoredAnswer['last_events'] = [];
  for (const kind of kinds) {
    const last = await bus.lastOf('INVESTIGATIONS', subjects.investigationEvent(investigationId, kind));
    if (last !== undefined) found.push({ kind, sequence: last.sequence, at_ms: last.storedAtMs });
  }
  return found;
}
