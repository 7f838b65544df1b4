import { randomUUID } from 'node:crypto';
import type { Bus } from '../../shared/bus/bus.ts';
import { FencedError, UnavailableError } from '../../shared/bus/bus-errors.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { sessionState, type SessionState } from '../../shared/bus-protocol/session-state.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { AppError } from '../../shared/errors/app-error.ts';

/** A session's record and the place it is stored at; sequence 0 when there is none yet. */
export interface StoredState {
  readonly state: SessionState;
  readonly sequence: number;
}

/** Subscriptions outlive the last socket by a day; `seen_at` is at most an hour old while there is one. */
const SUBSCRIPTIONS_OUTLIVE_MS = 25 * 3_600_000;

/** The record of each session, one message a subject: concurrent writers read again and retry. */
export class SessionStore {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** @throws UnavailableError */
  async load(sessionId: string): Promise<StoredState> {
    const stored = await this.#bus.lastOf('SESSION_STATE', subjects.sessionState(sessionId));
    if (stored === undefined) return { state: emptyState(), sequence: 0 };
    return { state: fresh(parseState(stored.data)), sequence: stored.sequence };
  }

  /**
   * Applies a change to whatever the record is by then. `change` may run several times; the same state
   * back means that nothing has to be written.
   * @param known the record as it was a moment ago, which saves a look: the fence says if it is another by now
   * @throws UnavailableError
   */
  async update(
    sessionId: string,
    change: (state: SessionState) => SessionState,
    known?: StoredState,
  ): Promise<StoredState> {
    const deadline = performance.now() + this.#bus.patienceMs;
    let current = known ?? (await this.load(sessionId));
    for (;;) {
      const next = change(current.state);
      if (next === current.state) return current;
      const state = { ...next, seen_at: Date.now() };
      const deadlineMs = deadline - performance.now();
      if (deadlineMs <= 0) throw new UnavailableError('session state');
      try {
        const sequence = await this.#bus.publish(subjects.sessionState(sessionId), JSON.stringify(state), {
          messageId: randomUUID(),
          expectedLastSequence: current.sequence,
          deadlineMs,
        });
        return { state, sequence };
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
      }
      current = await this.load(sessionId);
    }
  }
}

/**
 * The record behind the bytes of a state message.
 * @throws AppError `STATE_UNREADABLE` when no gateway wrote it: whose session it is can't be known then
 */
export function parseState(data: Uint8Array): SessionState {
  const state = sessionState.safeParse(parsePayload(data));
  if (state.success) return lean(state.data);
  throw new AppError('STATE_UNREADABLE', 'A session has a record that is none', { retryable: false });
}

/** What most sessions have of subscriptions and chats. Never written to. */
const NONE: never[] = [];

function lean(state: SessionState): SessionState {
  const { subscriptions, chats } = state;
  return {
    ...state,
    subscriptions: subscriptions.length === 0 ? NONE : subscriptions,
    chats: chats.length === 0 ? NONE : chats,
  };
}

function emptyState(): SessionState {
  return { subscriptions: NONE, chats: NONE, seen_at: Date.now() };
}

function fresh(state: SessionState): SessionState {
  if (Date.now() - state.seen_at <= SUBSCRIPTIONS_OUTLIVE_MS) return state;
  return { ...state, subscriptions: [] };
}
