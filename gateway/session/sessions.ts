import type { Bus, Unsubscribe } from '../../shared/bus/bus.ts';
import { untilAvailable } from '../../shared/bus/until-available.ts';
import { parseStateSubject, subjects } from '../../shared/bus-protocol/subjects.ts';
import { Channel, type ChannelDependencies } from '../outbound/channel.ts';
import type { InvestigationChannels } from '../outbound/investigation-channels.ts';
import { SessionRelay } from '../outbound/session-relay.ts';
import type { Presence } from '../presence/presence.ts';
import { AppError } from '../../shared/errors/app-error.ts';
import { sizeOf } from '../../shared/members.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';
import { Session, type SessionPorts } from './session.ts';
import { parseState, type SessionStore } from './session-store.ts';

interface Entry {
  readonly session: Session;
  /** Until it is open. One that could not be opened is not kept for who comes back, who would find it closed. */
  opening: Promise<void> | undefined;
  /** While its record is read. */
  reading: Promise<void> | undefined;
  /** Whether the record is known: nobody who has no other right to be in the session is let in before. */
  isRead: boolean;
  /** Sockets on their way in, which the session does not know yet. */
  arriving: number;
  /** Runs while nobody is here and somebody may come back. */
  lingering: NodeJS.Timeout | undefined;
}

/** Sessions kept open for who may come back: each costs a subscription. */
const MAX_LINGERING = 1_000;

/** A socket that comes while the broker restarts waits this long for it. */
const OPEN_DEADLINE_MS = 3_000;

/** The sessions with a socket on this gateway: opened with the first socket, closed some time after the last. */
export class Sessions implements Disposable {
  readonly #bus: Bus;
  readonly #store: SessionStore;
  readonly #ports: SessionPorts;
  readonly #dependencies: ChannelDependencies;
  readonly #entries = new Map<string, Entry>();
  readonly #unsubscribe: Unsubscribe;
  readonly #lingerMs: number;
  #lingeringCount = 0;

  /** A connection that breaks in the middle of an answer is soon back: what it missed is at hand for `lingerMs`. */
  constructor(
    store: SessionStore,
    investigations: InvestigationChannels,
    access: Access,
    presence: Presence,
    dependencies: ChannelDependencies,
    lingerMs: number,
  ) {
    this.#lingerMs = lingerMs;
    this.#bus = dependencies.bus;
    this.#store = store;
    this.#ports = { investigations, access, presence, events: dependencies.events };
    this.#dependencies = dependencies;
    // One wildcard for all records: a second subscription would cost each session 2 KiB.
    this.#unsubscribe = this.#bus.subscribeLive(subjects.anySessionState, ({ subject, sequence, data }) => {
      const entry = this.#entries.get(parseStateSubject(subject) ?? '');
      if (entry !== undefined) this.#apply(entry.session, data, sequence);
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  find(sessionId: string): Session | undefined {
    return this.#entries.get(sessionId)?.session;
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return [...this.#entries.values()].map(({ session }) => session).values();
  }

  /**
   * Adds a socket to its session once that is open and `admit` lets it in. Undefined when it does not, or
   * when the socket is gone by then.
   * @param claims whether `admit` writes a new session's first record, and reads it only where there is one
   * @throws UnavailableError
   */
  async enter(
    connection: Connection,
    admit: (session: Session) => Promise<boolean>,
    claims = false,
  ): Promise<Session | undefined> {
    const entry = this.#entryOf(connection.sessionId);
    this.#stopLingering(entry);
    entry.arriving += 1;
    try {
      await Promise.all([entry.opening, claims ? undefined : this.#read(entry)]);
      entry.opening = undefined;
      if (!(await admit(entry.session)) || connection.closed) return undefined;
      entry.isRead = true;
      entry.session.enter(connection);
      return entry.session;
    } finally {
      entry.arriving -= 1;
      this.#closeIfEmpty(entry);
    }
  }

  leave(connection: Connection): void {
    const entry = this.#entries.get(connection.sessionId);
    if (entry === undefined) return;
    entry.session.leave(connection);
    this.#closeIfEmpty(entry);
  }

  /** After a reconnect: records may have changed without a word. */
  async reloadAll(): Promise<void> {
    for (const { session } of this.#entries.values()) {
      try {
        session.apply(await this.#store.load(session.id));
      } catch (error) {
        this.#dependencies.events.stateFailed(session.id, error); // The broker went away again: its return reloads.
      }
    }
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    for (const entry of this.#entries.values()) {
      this.#stopLingering(entry);
      closeChannel(entry.session);
    }
    this.#entries.clear();
  }

  #apply(session: Session, data: Uint8Array, sequence: number): void {
    try {
      session.apply({ state: parseState(data), sequence });
    } catch (error) {
      // Not a gateway's: what is known goes on, and whoever comes anew is refused.
      if (!(error instanceof AppError)) throw error;
      this.#dependencies.events.stateFailed(session.id, error);
    }
  }

  #entryOf(sessionId: string): Entry {
    const known = this.#entries.get(sessionId);
    if (known !== undefined) return known;
    const { events } = this.#dependencies;
    const session = new Session(sessionId, this.#ports);
    session.channel = new Channel(
      {
        wireName: 'session',
        stream: this.#bus.shards.streamOf(sessionId),
        id: sessionId,
        relay: new SessionRelay(sessionId, session, events),
      },
      this.#dependencies,
    );
    const entry: Entry = {
      session,
      opening: session.channel.open(),
      reading: undefined,
      isRead: false,
      arriving: 0,
      lingering: undefined,
    };
    this.#entries.set(sessionId, entry);
    return entry;
  }

  /** One read for all who come meanwhile. */
  async #read(entry: Entry): Promise<void> {
    if (entry.isRead) return;
    entry.reading ??= this.#readRecord(entry.session);
    try {
      await entry.reading;
      entry.isRead = true;
    } finally {
      entry.reading = undefined;
    }
  }

  async #readRecord(session: Session): Promise<void> {
    session.apply(await untilAvailable(() => this.#store.load(session.id), OPEN_DEADLINE_MS));
  }

  #closeIfEmpty(entry: Entry): void {
    const { session, arriving } = entry;
    if (sizeOf(session.connections) > 0 || arriving > 0 || entry.lingering !== undefined) return;
    if (!this.#mayLinger(entry)) {
      this.#close(entry);
      return;
    }
    this.#lingeringCount += 1;
    entry.lingering = setTimeout(() => {
      this.#stopLingering(entry);
      this.#close(entry);
    }, this.#lingerMs);
  }

  #mayLinger({ session, opening }: Entry): boolean {
    if (opening !== undefined || !this.#entries.has(session.id) || this.#lingerMs === 0) return false;
    return session.channel.hasRecent && this.#lingeringCount < MAX_LINGERING;
  }

  #stopLingering(entry: Entry): void {
    if (entry.lingering === undefined) return;
    clearTimeout(entry.lingering);
    entry.lingering = undefined;
    this.#lingeringCount -= 1;
  }

  #close(entry: Entry): void {
    closeChannel(entry.session);
    if (this.#entries.get(entry.session.id) === entry) this.#entries.delete(entry.session.id);
  }
}

function closeChannel(session: Session): void {
  session.channel[Symbol.dispose]();
  session.forgetRunningChats();
}
