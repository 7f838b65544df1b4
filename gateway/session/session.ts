import type { ChatLogEventType } from '../../shared/bus-protocol/chat-log.ts';
import type { SessionState } from '../../shared/bus-protocol/session-state.ts';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import { decodeCursor } from '../../shared/channel/position.ts';
import { asPartOf, isMember, NOBODY, withMember, withoutMember, type Members } from '../../shared/members.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { GatewayEvents } from '../events.ts';
import type { Channel, ChannelIncident } from '../outbound/channel.ts';
import type { ChannelHold, InvestigationChannels } from '../outbound/investigation-channels.ts';
import type { ChatObserver } from '../outbound/session-relay.ts';
import type { Presence } from '../presence/presence.ts';
import type { Connection } from './connection.ts';
import type { Access } from './access.ts';
import { SessionChats, type RunningChat } from './session-chats.ts';
import type { StoredState } from './session-store.ts';

type Subscriptions = SessionState['subscriptions'];

const NEVER_STORED: StoredState = { state: { subscriptions: [], chats: [], seen_at: 0 }, sequence: 0 };
const NO_CHATS: ReadonlyMap<string, never> = new Map<string, never>();

/** What all sessions of a gateway work with. */
export interface SessionPorts {
  readonly investigations: InvestigationChannels;
  readonly access: Access;
  readonly events: GatewayEvents;
  readonly presence: Presence;
}

/** One session on this gateway: its sockets, its channel, and what its record says. */
export class Session implements ChatObserver {
  readonly id: string;
  readonly #ports: SessionPorts;
  #connections: Members<Connection> = NOBODY;
  #joined: Members<Connection> = NOBODY;
  #stored = NEVER_STORED;
  #chats: SessionChats | undefined;
  /** Made when it is first asked for: most sessions never need one, and it is a KiB. */
  #untilForgotten: AbortController | undefined;
  #channel: Channel | undefined;

  constructor(id: string, ports: SessionPorts) {
    this.id = id;
    this.#ports = ports;
  }

  /** Set once, when the session opens. */
  set channel(channel: Channel) {
    this.#channel = channel;
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('The session is not open');
    return this.#channel;
  }

  get connections(): Members<Connection> {
    return this.#connections;
  }

  /** Those of them that were welcomed: before that a socket gets nothing. */
  get joined(): Members<Connection> {
    return this.#joined;
  }

  /** Those that have not ended. Made when they are first asked for: most sessions that are open are silent. */
  get chats(): SessionChats {
    this.#chats ??= new SessionChats(this.id, this.#ports.events);
    return this.#chats;
  }

  get runningChats(): ReadonlyMap<string, RunningChat> {
    return this.#chats?.running ?? NO_CHATS;
  }

  /** Chats sent through this gateway that have not ended, with when they were handed over; never rejects. */
  get accepting(): ReadonlyMap<string, Promise<void>> {
    return this.#chats?.accepting ?? NO_CHATS;
  }

  get state(): SessionState {
    return this.#stored.state;
  }

  /** Its record, as far as this gateway knows it. */
  get stored(): StoredState {
    return this.#stored;
  }

  /** Whether there is a record in the broker that has to be kept alive. */
  get hasRecord(): boolean {
    return this.#stored.sequence > 0;
  }

  /** When the session was last erased: what is stored of before then is no longer shown to anybody. */
  get forgottenAtMs(): number {
    return this.state.forgotten_at ?? 0;
  }

  /** Aborts when the session is erased: what is on its way to the broker then is given up. */
  get untilForgotten(): AbortSignal {
    this.#untilForgotten ??= new AbortController();
    return this.#untilForgotten.signal;
  }

  isSubscribed(investigationId: string): boolean {
    return this.state.subscriptions.some(({ investigation_id }) => investigation_id === investigationId);
  }

  /**
   * Takes over a newer record, whoever wrote it: sockets are attached to what was subscribed, from where
   * that subscription began, and detached from what no longer is. Sockets that a new owner shuts out go, and
   * all of them when the session is erased.
   */
  apply(stored: StoredState): void {
    if (stored.sequence <= this.#stored.sequence) return;
    const before = this.state.subscriptions;
    const { forgottenAtMs } = this;
    this.#stored = stored;
    if (this.forgottenAtMs > forgottenAtMs) this.#forget();
    for (const connection of [...this.connections]) {
      if (!this.#ports.access.mayStay(connection, this)) connection.close(CloseReason.forbidden);
    }
    this.#resubscribe(before, stored.state.subscriptions);
  }

  /** Opens the channels of all subscriptions, so that a new socket can be attached at once. @throws UnavailableError */
  async holdSubscribed(): Promise<readonly ChannelHold[]> {
    const opening = this.state.subscriptions.map(({ investigation_id }) =>
      this.#ports.investigations.hold(investigation_id),
    );
    const settled = await Promise.allSettled(opening);
    const holds = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed === undefined) return holds;
    for (const hold of holds) hold[Symbol.dispose]();
    throw failed.reason;
  }

  /**
   * Lets a socket that has just been welcomed take part: from now on it gets what the session is subscribed
   * to. What was subscribed while its channels opened is made up for.
   */
  join(connection: Connection, holds: readonly ChannelHold[]): void {
    this.#joined = asPartOf(withMember(this.#joined, connection), this.#connections);
    this.#ports.presence.joined(this, connection);
    for (const { investigationId } of holds) {
      if (this.#mayFollow(connection, investigationId)) {
        this.#ports.investigations.attach(connection, investigationId, undefined);
      }
    }
    const held = new Set(holds.map(({ investigationId }) => investigationId));
    for (const { investigation_id, cursor } of this.state.subscriptions) {
      if (!held.has(investigation_id)) void this.#follow(connection, investigation_id, cursor);
    }
  }

  /**
   * The socket's token was renewed: what it sees of the session's subscriptions follows its new claims. What
   * it may see no longer ends at once, what is new to it has begun when this resolves.
   */
  async renewed(connection: Connection): Promise<void> {
    this.#ports.presence.renamed(this);
    const ids = this.state.subscriptions.map(({ investigation_id }) => investigation_id);
    for (const id of ids) {
      if (!this.#mayFollow(connection, id)) this.#ports.investigations.detach(connection, id);
    }
    const allowed = ids.filter((id) => this.#mayFollow(connection, id));
    await Promise.all(allowed.map((id) => this.#follow(connection, id, undefined)));
  }

  /** The socket was let in. */
  enter(connection: Connection): void {
    this.#connections = withMember(this.#connections, connection);
  }

  /** The socket is gone, or on its way out. */
  leave(connection: Connection): void {
    this.#connections = withoutMember(this.#connections, connection);
    if (!isMember(this.#joined, connection)) return;
    this.#joined = withoutMember(this.#joined, connection);
    this.#ports.presence.left(this, connection);
  }

  chatEvent(requestId: string, type: ChatLogEventType, event: ChannelEvent): void {
    this.chats.chatEvent(requestId, type, event);
  }

  /** Those who follow its running chats learn what happened on the channel. */
  noticed(what: ChannelIncident): void {
    this.#chats?.noticed(what);
  }

  /** Nobody is here to follow its running chats any more. */
  forgetRunningChats(): void {
    this.#chats?.forgetRunning();
  }

  /** Called now and then: what was made for chats that have ended takes memory all the same. */
  tidy(): void {
    if (this.#chats?.isEmpty === true) this.#chats = undefined;
    this.channel.tidy();
  }

  /** Attaches a socket, unless it is, at a cursor or where the channel stands. */
  async #follow(connection: Connection, investigationId: string, cursor: string | undefined): Promise<void> {
    try {
      using hold = await this.#ports.investigations.hold(investigationId);
      if (connection.isAttached(hold.channel.wireName)) return;
      if (!this.#mayFollow(connection, investigationId)) return;
      const position = cursor === undefined ? undefined : decodeCursor(cursor);
      this.#ports.investigations.attach(connection, investigationId, position);
    } catch (error) {
      this.#ports.events.openFailed(error);
      // Without its alerts it would be deaf: it comes back to a gateway that can serve it.
      connection.lost();
    }
  }

  #forget(): void {
    this.#untilForgotten?.abort(new ProtocolError('UNAVAILABLE'));
    this.#untilForgotten = undefined;
    this.channel.forgetRecent();
    for (const connection of [...this.connections]) connection.close(CloseReason.revoked);
    this.forgetRunningChats();
    this.#chats?.giveUp();
  }

  #resubscribe(before: Subscriptions, now: Subscriptions): void {
    const known = new Set(before.map(({ investigation_id }) => investigation_id));
    for (const { investigation_id, cursor } of now) {
      if (!known.delete(investigation_id)) {
        for (const connection of this.joined) void this.#follow(connection, investigation_id, cursor);
      }
    }
    for (const gone of known) {
      for (const connection of this.connections) this.#ports.investigations.detach(connection, gone);
    }
  }

  #mayFollow(connection: Connection, investigationId: string): boolean {
    return this.isSubscribed(investigationId) && this.#ports.access.maySee(connection, investigationId);
  }
}
