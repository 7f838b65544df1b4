import { acceptedEvent, completeEvent } from '../../shared/bus-protocol/chat-log.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { sessionState } from '../../shared/bus-protocol/session-state.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus } from '../../shared/bus/bus.ts';
import { endsOfChatLog, type ChatLogEnds } from '../../shared/bus/chat-log-ends.ts';
import type { Conversation, Turn } from '../agents/agent.ts';
import { readPatiently } from './read-patiently.ts';

/** Turns looked up at once: most answers need no more than one batch. */
const LOOKUP_BATCH = 8;
/** However short the turns: an answer looks no further back. */
const MAX_TURNS = 64;

/**
 * The session's earlier chats, from its own channel: its record lists them, and of each only beginning and
 * end are read. What counts is what had ended when this chat was accepted, so that a worker that takes it
 * over later sees the same.
 */
export class StoredConversation implements Conversation {
  readonly #bus: Pick<Bus, 'shards' | 'lastOf' | 'get'>;
  readonly #sessionId: string;
  readonly #requestId: string;

  constructor(bus: Pick<Bus, 'shards' | 'lastOf' | 'get'>, sessionId: string, requestId: string) {
    this.#bus = bus;
    this.#sessionId = sessionId;
    this.#requestId = requestId;
  }

  /** @throws UnavailableError when the broker could not be read for half a minute */
  async *newestFirst(signal: AbortSignal): AsyncGenerator<Turn> {
    const [earlier, own] = await readPatiently(
      () => Promise.all([this.#earlierChats(), this.#ends(this.#requestId)]),
      signal,
    );
    const before = own.accepted?.sequence ?? Infinity;
    for (let end = earlier.length; end > 0; end -= LOOKUP_BATCH) {
      const batch = earlier.slice(Math.max(0, end - LOOKUP_BATCH), end);
      const chats = await readPatiently(() => Promise.all(batch.map((id) => this.#ends(id))), signal);
      for (const chat of chats.reverse()) {
        const turn = (chat.end?.sequence ?? Infinity) < before ? turnOf(chat) : undefined;
        if (turn !== undefined) yield turn;
      }
    }
  }

  /** Request ids, in the order the chats were accepted. */
  async #earlierChats(): Promise<readonly string[]> {
    const record = await this.#bus.lastOf('SESSION_STATE', subjects.sessionState(this.#sessionId));
    if (record === undefined) return [];
    const state = sessionState.safeParse(parsePayload(record.data)).data;
    const ids = (state?.chats ?? []).map(([requestId]) => requestId);
    const own = ids.indexOf(this.#requestId);
    return ids.slice(0, own < 0 ? ids.length : own).slice(-MAX_TURNS);
  }

  #ends(requestId: string): Promise<ChatLogEnds> {
    return endsOfChatLog(this.#bus, this.#sessionId, requestId);
  }
}

function turnOf({ accepted, end }: ChatLogEnds): Turn | undefined {
  if (accepted === undefined || end === undefined) return undefined;
  const question = acceptedEvent.safeParse(parsePayload(accepted.data)).data?.data;
  if (question === undefined) return undefined;
  const { message, user } = question;
  // A chat that did not complete ended in an error, which says nothing of the answer.
  const complete = completeEvent.safeParse(parsePayload(end.data)).data?.data;
  const { status: outcome, content: answer } = complete ?? { status: 'failed' as const, content: '' };
  return { userName: user?.name, message, outcome, answer };
}
