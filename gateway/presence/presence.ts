import { randomUUID } from 'node:crypto';
import type { Bus, Unsubscribe } from '../../shared/bus/bus.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { aliveMessage, presenceMessage, type PresentSession } from '../../shared/bus-protocol/presence.ts';
import { parseInternalSubject, subjects } from '../../shared/bus-protocol/subjects.ts';
import { sizeOf, type Members } from '../../shared/members.ts';
import { encodeEvent, type Participant } from '../../shared/socket-protocol/server-events.ts';
import type { Principal } from '../auth/principal.ts';
import { Announcements } from './announcements.ts';
import { BEAT_MS, Peers } from './peers.ts';
import { isSame, merged, participantsOf, usersAdded } from './participants.ts';

/** One socket of a session, as far as presence goes. */
export interface PresentSocket {
  readonly principal: Pick<Principal, 'sub' | 'name'> | undefined;
  /** False, and nothing taken, when the reader is too far behind. */
  send(type: 'presence', frame: string): boolean;
}

/** A session that has sockets on this gateway. */
export interface SessionSockets {
  readonly id: string;
  /** Those that were welcomed. */
  readonly joined: Members<PresentSocket>;
}

interface Room {
  readonly session: SessionSockets;
  /** What its sockets were told last. */
  told: readonly Participant[];
  toldAtMs: number;
  /** Who is there on other gateways, by gateway. */
  remote: Map<string, readonly Participant[]> | undefined;
  /** Sockets that do not know what the others were told: new ones, and slow readers. */
  untold: Set<PresentSocket> | undefined;
  /** When its sockets are to be told; undefined while there is nothing to tell. */
  dueAtMs: number | undefined;
}

/** Changes wait so long for others, and for what other gateways answer to a first socket. */
const GATHER_MS = 100;
/** A change costs a frame to each socket, as long as there are participants: where both are many, it waits. */
const ENTRIES_PER_MS = 100;
const MAX_GATHER_MS = 1_000;
/** A reader that is behind gets another chance after this. */
const RETRY_MS = 500;
const TICK_MS = 50;

/**
 * Who is in the sessions with sockets here, on all gateways. They tell each other; nothing is stored. A
 * session with sockets on one gateway costs a question when the first comes and a word when the last goes.
 */
export class Presence implements Disposable {
  readonly #id = randomUUID();
  readonly #bus: Bus;
  readonly #rooms = new Map<string, Room>();
  readonly #due = new Set<Room>();
  readonly #peers: Peers;
  readonly #announcements: Announcements;
  readonly #subscriptions: readonly Unsubscribe[];
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#peers = new Peers(this.#id, {
      gone: (gatewayId) => {
        this.#takeOut(gatewayId);
      },
      missed: () => {
        this.#askForAll();
      },
    });
    this.#announcements = new Announcements(
      (sessionId) => participantsOf(this.#rooms.get(sessionId)?.session.joined ?? []),
      (message) => {
        bus.tell(subjects.presence(this.#id), JSON.stringify(message));
      },
    );
    this.#subscriptions = [
      bus.hear(subjects.anyAlive, ({ subject, data }) => {
        this.#hearAlive(subject, data);
      }),
      bus.hear(subjects.anyPresence, ({ subject, data }) => {
        this.#hearPresence(subject, data);
      }),
      // What the others said while we were away, and we to them, is lost.
      bus.onStatus((status) => {
        if (status === 'connected') this.#askForAll();
      }),
    ];
    this.#timers = [
      setInterval(() => {
        this.#beat();
      }, BEAT_MS),
      setInterval(() => {
        if (bus.status === 'connected') this.#peers.check();
        this.#tellDue();
      }, TICK_MS),
    ];
    this.#beat();
  }

  /** A socket was welcomed to its session. */
  joined(session: SessionSockets, socket: PresentSocket): void {
    let room = this.#rooms.get(session.id);
    if (room?.session !== session) {
      room = {
        session,
        told: [],
        toldAtMs: Number.NEGATIVE_INFINITY,
        remote: room?.remote,
        untold: undefined,
        dueAtMs: undefined,
      };
      this.#rooms.set(session.id, room);
      this.#announcements.add(session.id, 'ask');
    }
    room.untold ??= new Set();
    room.untold.add(socket);
    this.#changed(room);
  }

  /** A socket that was welcomed is gone. */
  left(session: SessionSockets, socket: PresentSocket): void {
    const room = this.#rooms.get(session.id);
    if (room?.session !== session) return;
    room.untold?.delete(socket);
    if (sizeOf(session.joined) > 0) {
      this.#changed(room);
      return;
    }
    this.#rooms.delete(session.id);
    this.#due.delete(room);
    this.#announcements.add(session.id, 'tell');
  }

  /** A socket of the session speaks for somebody else now. */
  renamed(session: SessionSockets): void {
    const room = this.#rooms.get(session.id);
    if (room?.session === session) this.#changed(room);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#announcements[Symbol.dispose]();
    this.#beat(true);
  }

  #beat(leaving = false): void {
    const { sequence } = this.#announcements;
    const message = { sequence, sessions: this.#rooms.size, ...(leaving ? { leaving } : {}) };
    this.#bus.tell(subjects.alive(this.#id), JSON.stringify(message));
  }

  #hearAlive(subject: string, data: Uint8Array): void {
    const gatewayId = parseInternalSubject(subject);
    const message = aliveMessage.safeParse(parsePayload(data));
    if (gatewayId === undefined || !message.success) return;
    if (message.data.leaving === true) this.#peers.heardGoodbye(gatewayId);
    else this.#peers.heardAlive(gatewayId, message.data);
  }

  #hearPresence(subject: string, data: Uint8Array): void {
    const gatewayId = parseInternalSubject(subject);
    if (gatewayId === undefined || gatewayId === this.#id) return;
    const message = presenceMessage.safeParse(parsePayload(data));
    if (!message.success) return;
    this.#peers.heardAnnouncement(gatewayId, message.data.sequence);
    for (const present of message.data.sessions) this.#hearSession(gatewayId, present);
  }

  #hearSession(gatewayId: string, { session: sessionId, participants, ask }: PresentSession): void {
    const room = this.#rooms.get(sessionId);
    if (room === undefined) return;
    const known = room.remote?.get(gatewayId);
    // One that is new here has heard nothing of us that we can be sure of.
    if (ask === true || (known === undefined && participants.length > 0)) {
      this.#announcements.add(sessionId, 'tell');
    }
    if (participants.length > 0) {
      room.remote ??= new Map();
      room.remote.set(gatewayId, participants);
    } else room.remote?.delete(gatewayId);
    this.#tellSoon(room);
  }

  #takeOut(gatewayId: string): void {
    for (const room of this.#rooms.values()) {
      if (room.remote?.delete(gatewayId) === true) this.#tellSoon(room);
    }
  }

  #askForAll(): void {
    for (const sessionId of this.#rooms.keys()) this.#announcements.add(sessionId, 'ask');
  }

  #changed(room: Room): void {
    // Nobody else has the session, or has asked for it.
    if ((room.remote?.size ?? 0) > 0) this.#announcements.add(room.session.id, 'tell');
    this.#tellSoon(room);
  }

  #tellSoon(room: Room, afterMs = GATHER_MS): void {
    const entries = sizeOf(room.session.joined) * room.told.length;
    const pauseMs = Math.min(MAX_GATHER_MS, GATHER_MS + entries / ENTRIES_PER_MS);
    room.dueAtMs ??= Math.max(performance.now() + afterMs, room.toldAtMs + pauseMs);
    this.#due.add(room);
  }

  #tellDue(): void {
    const now = performance.now();
    for (const room of this.#due) {
      if (room.dueAtMs !== undefined && room.dueAtMs > now) continue;
      room.dueAtMs = undefined;
      this.#due.delete(room);
      this.#tell(room, now);
    }
  }

  #tell(room: Room, now: number): void {
    const { session, told, untold } = room;
    const participants = merged([participantsOf(session.joined), ...(room.remote?.values() ?? [])]);
    const isNews = !isSame(told, participants);
    if (!isNews && (untold?.size ?? 0) === 0) return;
    const joined = usersAdded(told, participants);
    const left = usersAdded(participants, told);
    const frame = encodeEvent('presence', {
      participants: [...participants],
      ...(joined.length > 0 ? { joined: [...joined] } : {}),
      ...(left.length > 0 ? { left: [...left] } : {}),
    });
    const behind = [...((isNews ? session.joined : untold) ?? [])].filter(
      (socket) => !socket.send('presence', frame),
    );
    room.told = participants;
    room.toldAtMs = now;
    room.untold = behind.length > 0 ? new Set(behind) : undefined;
    if (behind.length > 0) this.#tellSoon(room, RETRY_MS);
  }
}
