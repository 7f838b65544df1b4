import { z } from 'zod';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { ACCEPTED_SEQUENCE_HEADER } from '../../shared/bus-protocol/chat-log.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import type { ForgetMessage } from '../../shared/bus-protocol/control.ts';
import { parseSessionSubject, parseStateSubject, subjects } from '../../shared/bus-protocol/subjects.ts';
import { parseState, type SessionStore } from '../session/session-store.ts';

const firstEvent = z.looseObject({ type: z.string(), timestamp: z.iso.datetime() });

/** Erases what the broker keeps of sessions. Everything in here may be done again, by any gateway. */
export class SessionEraser {
  readonly #bus: Bus;
  readonly #store: SessionStore;

  constructor(bus: Bus, store: SessionStore) {
    this.#bus = bus;
    this.#store = store;
  }

  /** The sessions a forget is about. @throws UnavailableError */
  async sessionsOf(message: ForgetMessage): Promise<readonly string[]> {
    if ('session_id' in message) return [message.session_id];
    const found = new Set<string>();
    let from = 1;
    for (;;) {
      // A record that is written anew meanwhile moves to the end: read until nothing new is there.
      const { first, last } = await this.#bus.bounds('SESSION_STATE');
      from = Math.max(from, first);
      if (from > last) return [...found];
      await this.#bus.read('SESSION_STATE', subjects.anySessionState, { from, to: last }, (record) => {
        const sessionId = parseStateSubject(record.subject);
        if (sessionId !== undefined && ownerIn(record) === message.sub) found.add(sessionId);
        return true;
      });
      from = last + 1;
    }
  }

  /**
   * Marks the session, so that workers and gateways refuse what is older, and erases what is stored of it.
   * @param askedAtMs when the operator said so, by the broker's clock
   * @returns until when everything is to be gone: what was still on its way then is for `sweep`
   * @throws UnavailableError
   */
  async erase(sessionId: string, askedAtMs: number): Promise<number> {
    const stream = this.#bus.shards.streamOf(sessionId);
    const { last } = await this.#bus.bounds(stream);
    const marking = { isOurs: false };
    await this.#store.update(sessionId, (state) => {
      marking.isOurs = (state.forgotten_at ?? 0) < askedAtMs;
      if (!marking.isOurs) return state;
      return { ...state, subscriptions: [], chats: [], forgotten_at: askedAtMs };
    });
    // Marked by somebody else or an earlier try: by now the session may have new events, which stay.
    const beforeMs = marking.isOurs ? Date.now() : askedAtMs;
    if (marking.isOurs) {
      await this.#bus.eraseQueueItems(subjects.chatRequests(sessionId));
      await this.#bus.purge(stream, subjects.sessionChannel(sessionId), last + 1);
    }
    await this.sweep(sessionId, beforeMs);
    return beforeMs;
  }

  /**
   * Erases what is left of the time before: what was on its way to the broker while the rest was erased.
   * @throws UnavailableError
   */
  async sweep(sessionId: string, beforeMs: number): Promise<void> {
    const stream = this.#bus.shards.streamOf(sessionId);
    const doomed = await this.#leftovers(sessionId, beforeMs);
    for (const [subject, sequence] of doomed) {
      const about = parseSessionSubject(subject);
      if (about?.kind === 'chat') {
        await this.#bus.eraseQueueItems(subjects.chatRequest(sessionId, about.requestId));
        await this.#bus.purge(stream, subject);
      } else await this.#bus.purge(stream, subject, sequence + 1);
    }
    if (doomed.size > 0) await this.#unlist(sessionId, doomed);
  }

  /** Subjects with something of the time before, and the last sequence of it. */
  async #leftovers(sessionId: string, beforeMs: number): Promise<ReadonlyMap<string, number>> {
    const stream = this.#bus.shards.streamOf(sessionId);
    const { first, last } = await this.#bus.bounds(stream);
    const doomed = new Map<string, number>();
    const spared = new Set<string>();
    const range = { from: first, to: last };
    await this.#bus.read(stream, subjects.sessionChannel(sessionId), range, (message) => {
      const { subject, sequence } = message;
      if (parseSessionSubject(subject)?.kind !== 'chat') {
        if (message.storedAtMs <= beforeMs) doomed.set(subject, sequence);
      } else if (!doomed.has(subject) && !spared.has(subject)) {
        // The first event decides for the whole chat: it was asked then, whenever the rest was written.
        if (askedAtMs(message) <= beforeMs) doomed.set(subject, sequence);
        else spared.add(subject);
      }
      return true;
    });
    return doomed;
  }

  async #unlist(sessionId: string, erased: ReadonlyMap<string, number>): Promise<void> {
    await this.#store.update(sessionId, (state) => {
      const chats = state.chats.filter(([id]) => !erased.has(subjects.chatLog(sessionId, id)));
      return chats.length === state.chats.length ? state : { ...state, chats };
    });
  }
}

function ownerIn({ data }: StoredMessage): string | undefined {
  try {
    return parseState(data).owner;
  } catch {
    return undefined; // No record of ours: it belongs to nobody.
  }
}

/**
 * When a chat was asked: its `chat_accepted` says so. A log that never had one is as old as its first message;
 * one that names an earlier beginning has lost it, to this erasure while a worker claimed the chat.
 */
function askedAtMs(message: StoredMessage): number {
  const { data, storedAtMs, sequence } = message;
  const event = firstEvent.safeParse(parsePayload(data)).data;
  if (event?.type === 'chat_accepted') return Math.min(storedAtMs, Date.parse(event.timestamp));
  const beginsAt = Number(message.header(ACCEPTED_SEQUENCE_HEADER));
  return beginsAt >= 1 && beginsAt < sequence ? -Infinity : storedAtMs;
}
