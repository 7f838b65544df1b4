import type { Bus } from '../../shared/bus/bus.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { GatewayEvents } from '../events.ts';
import type { InvestigationChannels } from '../outbound/investigation-channels.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { SessionStore } from './session-store.ts';

const TICK_MS = 1_000;
/** An unfinished chat that is silent for this long is looked up: nothing later would show that its end was lost. */
const SILENT_CHAT_MS = 4_000;
/** Every channel's position is checked once in this time, the live path being at most once. */
const POSITION_CHECK_MS = 120_000;
/** A session's record is written anew this often while it has sockets, so that it outlives what it guards. */
const REFRESH_MS = 3_600_000;

/** Looks after open sessions: silent chats, lost notifications, records about to expire. */
export class SessionWatch implements Disposable {
  readonly #bus: Bus;
  readonly #sessions: Sessions;
  readonly #investigations: InvestigationChannels;
  readonly #store: SessionStore;
  readonly #events: GatewayEvents;
  readonly #timer: NodeJS.Timeout;
  #tickCount = 0;

  constructor(
    bus: Bus,
    sessions: Sessions,
    investigations: InvestigationChannels,
    store: SessionStore,
    events: GatewayEvents,
  ) {
    this.#bus = bus;
    this.#sessions = sessions;
    this.#investigations = investigations;
    this.#store = store;
    this.#events = events;
    this.#timer = setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#bus.status !== 'connected') return;
    const ticks = POSITION_CHECK_MS / TICK_MS;
    this.#tickCount = (this.#tickCount + 1) % ticks;
    if (this.#tickCount === 0) this.#investigations.checkPositions();
    let index = 0;
    for (const session of this.#sessions) {
      if (session.runningChats.size > 0) void this.#checkChats(session);
      // Each tick takes its share of the sessions, so that the broker is not asked for all at once.
      if (index % ticks === this.#tickCount) void this.#checkQuietly(session);
      index += 1;
    }
  }

  async #checkChats(session: Session): Promise<void> {
    const now = performance.now();
    for (const [requestId, chat] of session.runningChats) {
      if (chat.lastSequence !== chat.watchedSequence) {
        chat.watchedSequence = chat.lastSequence;
        chat.quietSinceMs = now;
      }
      if (now - chat.quietSinceMs < SILENT_CHAT_MS) continue;
      chat.quietSinceMs = now;
      await this.#checkSubject(session, subjects.chatLog(session.id, requestId), chat.lastSequence);
    }
  }

  async #checkQuietly(session: Session): Promise<void> {
    session.tidy();
    await this.#checkSubject(session, subjects.notification(session.id), 0);
    if (!session.hasRecord || Date.now() - session.state.seen_at < REFRESH_MS) return;
    try {
      session.apply(await this.#store.update(session.id, (state) => ({ ...state })));
    } catch (error) {
      this.#events.stateFailed(session.id, error);
    }
  }

  /** A literal subject's last message costs the broker next to nothing, found or not. */
  async #checkSubject(session: Session, subject: string, seen: number): Promise<void> {
    const stream = this.#bus.shards.streamOf(session.id);
    try {
      const last = await this.#bus.lastOf(stream, subject);
      const { reader } = session.channel;
      if (last !== undefined && last.sequence > Math.max(seen, reader.provenUpTo(subject)))
        reader.lookAgain();
    } catch (error) {
      this.#events.catchUpFailed(stream, error); // The next round asks again.
    }
  }
}
