import { isEnd, type ChatLogEventType } from '../../shared/bus-protocol/chat-log.ts';
import type { SessionState } from '../../shared/bus-protocol/session-state.ts';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import { decodeCursor } from '../../shared/channel/position.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { SPAN_EVENT } from '../../shared/telemetry/semantics.ts';
import type { GatewayEvents } from '../events.ts';
import type { Channel, ChannelIncident } from '../outbound/channel.ts';
import type { ChannelHold, InvestigationChannels } from '../outbound/investigation-channels.ts';
import type { ChatObserver } from '../outbound/session-relay.ts';
import type { Presence } from '../presence/presence.ts';
import type { DeliverySpan } from '../traces.ts';
import type { Connection } from './connection.ts';
import type { Access } from './access.ts';
import type { StoredState } from './session-store.ts';

/** A chat that was accepted and has not ended, as far as this gateway has seen. */
export interface RunningChat {
  lastSequence: number;
  /** What `lastSequence` was when `SessionWatch` last looked, and since when it has been that. */
  watchedSequence: number;
  quietSinceMs: number;
  chunkSeen: boolean;
  /** This gateway's part of the chat's trace. */
  readonly delivery: DeliverySpan | undefined;
}

/** Told how a chat ended; of none when the session was erased. */
type EndWatcher = (type?: ChatLogEventType) => void;

/** One session on this gateway: its sockets, its channel, and what its record says. */
export class Session implements ChatObserver {
  readonly id: string;
  readonly connections = new Set<Connection>();
  /** Those of them that were welcomed: before that a socket gets nothing. */
  readonly joined = new Set<Connection>();
  readonly runningChats = new Map<string, RunningChat>();
  /** Chats sent through this gateway that have not ended, with when they were handed over; never rejects. */
  readonly accepting = new Map<string, Promise<void>>();
  readonly #investigations: InvestigationChannels;
  readonly #access: Access;
  readonly #events: GatewayEvents;
  readonly #presence: Presence;
  readonly #endWatchers = new Map<string, Set<EndWatcher>>();
  readonly #firstChunkWatchers = new Map<string, () => void>();
  #stored: StoredState = { state: { subscriptions: [], chats: [], seen_at: 0 }, sequence: 0 };
  /** Made when it is first asked for: most sessions never need one, and it is a KiB. */
  #untilForgotten: AbortController | undefined;
  #channel: Channel | undefined;

  constructor(
    id: string,
    investigations: InvestigationChannels,
    access: Access,
    events: GatewayEvents,
    presence: Presence,
  ) {
    this.id = id;
    this.#investigations = investigations;
    this.#access = access;
    this.#events = events;
    this.#presence = presence;
  }

  /** Set once, when the session opens. */
  set channel(channel: Channel) {
    this.#channel = channel;
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('The session is not open');
    return this.#channel;
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
    const before = new Set(this.state.subscriptions.map(({ investigation_id }) => investigation_id));
    const { forgottenAtMs } = this;
    this.#stored = stored;
    if (this.forgottenAtMs > forgottenAtMs) this.#forget();
    for (const connection of [...this.connections]) {
      if (!this.#access.mayStay(connection, this)) connection.close(CloseReason.forbidden);
    }
    for (const { investigation_id, cursor } of stored.state.subscriptions) {
      if (!before.delete(investigation_id)) {
        for (const connection of this.joined) {
          void this.#follow(connection, investigation_id, cursor);
        }
      }
    }
    for (const gone of before) {
      for (const connection of this.connections) this.#investigations.detach(connection, gone);
    }
  }

  /** Opens the channels of all subscriptions, so that a new socket can be attached at once. @throws UnavailableError */
  async holdSubscribed(): Promise<readonly ChannelHold[]> {
    const opening = this.state.subscriptions.map(({ investigation_id }) =>
      this.#investigations.hold(investigation_id),
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
    this.joined.add(connection);
    this.#presence.joined(this, connection);
    for (const { investigationId } of holds) {
      if (this.#mayFollow(connection, investigationId)) {
        this.#investigations.attach(connection, investigationId, undefined);
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
    this.#presence.renamed(this);
    const ids = this.state.subscriptions.map(({ investigation_id }) => investigation_id);
    for (const id of ids) {
      if (!this.#mayFollow(connection, id)) this.#investigations.detach(connection, id);
    }
    const allowed = ids.filter((id) => this.#mayFollow(connection, id));
    await Promise.all(allowed.map((id) => this.#follow(connection, id, undefined)));
  }

  /** The socket is gone, or on its way out. */
  leave(connection: Connection): void {
    this.connections.delete(connection);
    if (this.joined.delete(connection)) this.#presence.left(this, connection);
  }

  /** Calls back when the first chunk of an answer is on its way, once; the returned function stops waiting. */
  whenFirstChunk(requestId: string, callback: () => void): () => void {
    // A repeat does not take the place of who asked first.
    if (!this.#firstChunkWatchers.has(requestId)) this.#firstChunkWatchers.set(requestId, callback);
    return () => {
      if (this.#firstChunkWatchers.get(requestId) === callback) this.#firstChunkWatchers.delete(requestId);
    };
  }

  /** Calls back when the chat has ended; the returned function stops waiting. */
  whenEnded(requestId: string, callback: EndWatcher): () => void {
    const watchers = this.#endWatchers.get(requestId) ?? new Set<EndWatcher>();
    watchers.add(callback);
    this.#endWatchers.set(requestId, watchers);
    return () => {
      watchers.delete(callback);
      if (watchers.size === 0) this.#endWatchers.delete(requestId);
    };
  }

  chatEvent(requestId: string, type: ChatLogEventType, event: ChannelEvent): void {
    const known = this.runningChats.get(requestId);
    if (isEnd(type)) {
      this.#chatEnded(requestId, type, event, known);
      return;
    }
    const running = known ?? this.#chatAppeared(requestId, event);
    running.lastSequence = event.sequence;
    if (type !== 'chat' || running.chunkSeen) return;
    running.chunkSeen = true;
    running.delivery?.event(SPAN_EVENT.firstChunk);
    this.#firstChunkWatchers.get(requestId)?.();
  }

  /** Nobody is here to follow its running chats any more. */
  forgetRunningChats(): void {
    for (const { delivery } of this.runningChats.values()) delivery?.end();
    this.runningChats.clear();
  }

  /** Those who follow its running chats learn what happened on the channel. */
  noticed(what: ChannelIncident): void {
    for (const { delivery } of this.runningChats.values()) delivery?.event(SPAN_EVENT[what]);
  }

  #chatAppeared(requestId: string, event: ChannelEvent): RunningChat {
    const running: RunningChat = {
      lastSequence: event.sequence,
      watchedSequence: event.sequence,
      quietSinceMs: performance.now(),
      chunkSeen: false,
      delivery: this.#events.traces?.delivery(this.id, requestId, event),
    };
    this.runningChats.set(requestId, running);
    return running;
  }

  #chatEnded(
    requestId: string,
    type: ChatLogEventType,
    event: ChannelEvent,
    known: RunningChat | undefined,
  ): void {
    this.runningChats.delete(requestId);
    this.#events.chatEnded(this.id, requestId, type, known?.delivery?.ids);
    known?.delivery?.end(event);
    const watchers = this.#endWatchers.get(requestId);
    this.#endWatchers.delete(requestId);
    for (const callback of watchers ?? []) callback(type);
  }

  /** Attaches a socket, unless it is, at a cursor or where the channel stands. */
  async #follow(connection: Connection, investigationId: string, cursor: string | undefined): Promise<void> {
    try {
      using hold = await this.#investigations.hold(investigationId);
      if (connection.isAttached(hold.channel.wireName)) return;
      if (!this.#mayFollow(connection, investigationId)) return;
      const position = cursor === undefined ? undefined : decodeCursor(cursor);
      this.#investigations.attach(connection, investigationId, position);
    } catch (error) {
      this.#events.openFailed(error);
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
    for (const watchers of [...this.#endWatchers.values()]) for (const callback of watchers) callback();
  }

  #mayFollow(connection: Connection, investigationId: string): boolean {
    return this.isSubscribed(investigationId) && this.#access.maySee(connection, investigationId);
  }
}
