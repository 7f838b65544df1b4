/// <reference lib="esnext.disposable" preserve="true" />
import type { Chat, ChatOptions } from './chat.ts';
import { ChatDesk } from './chat-desk.ts';
import type { Environment } from './environment.ts';
import { Emitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import {
  isInvestigationEvent,
  type Gap,
  type NamedEvents,
  type Participant,
  type PastEvent,
  type ServerEvent,
  type ServerEventOf,
} from './events.ts';
import type { Send } from './frames.ts';
import type { HistoryOptions, HistoryPage } from './history.ts';
import { assertIdentifier, newIdentifier } from './identifiers.ts';
import { Investigations } from './investigations.ts';
import { Link, type LinkOptions } from './link.ts';
import type { LiveChat } from './live-chat.ts';
import { Memory, type SessionStorageLike } from './memory.ts';
import { findPastChat } from './past-chat.ts';
import { RequestLane } from './request-lane.ts';
import type { Status } from './status.ts';
import type { Subscription, SubscriptionOptions } from './subscription.ts';
import type { WebSocketConstructor } from './web-socket.ts';

const MAX_MESSAGE_CHARACTERS = 16_000;

export interface SessionOptions extends LinkOptions {
  readonly sessionId: string;
  /** Remembers the cursor and the unfinished chats for a reload; best `sessionStorage`, which is per tab. */
  readonly storage?: SessionStorageLike;
}

/** What happens in this client, beside the server's own events. */
export interface LocalEvents {
  readonly status: Status;
  readonly gap: Gap;
  /** A chat was heard of for the first time: asked here, or in another tab of the session. */
  readonly started: Chat;
  /** Every event of the server. */
  readonly event: ServerEvent;
}

/** What a listener of that name is given. */
export type SessionEventOf<Name extends keyof LocalEvents | ServerEvent['type']> =
  Name extends keyof LocalEvents
    ? LocalEvents[Name]
    : Name extends ServerEvent['type']
      ? ServerEventOf<Name>
      : never;

/** One session of a user, over any number of connections. Everything may be called at any time. */
export class Session implements Disposable {
  readonly id: string;
  readonly #emitter = new Emitter();
  readonly #memory: Memory;
  readonly #link: Link;
  readonly #desk: ChatDesk;
  readonly #lane: RequestLane;
  readonly #investigations: Investigations;
  /** How far the session's channel was read. */
  #cursor: string | undefined;
  #participants: readonly Participant[] = [];

  /** Made by `connect`. */
  constructor(url: URL, webSocket: WebSocketConstructor, options: SessionOptions, environment: Environment) {
    this.id = options.sessionId;
    this.#memory = new Memory(options.storage, this.id);
    this.#cursor = this.#memory.start;
    const send: Send = (frame) => this.#link.send(frame);
    this.#desk = new ChatDesk(send, this.#memory, (chat) => {
      this.#emitter.emit('started', chat);
    });
    this.#lane = new RequestLane(send, () => {
      this.#link.drop('no answer to a request');
    });
    this.#investigations = new Investigations(this.#lane, (gap) => {
      this.#emitter.emit('gap', gap);
    });
    this.#link = new Link(url, webSocket, options, environment, {
      since: () => this.#cursor,
      cursorRefused: () => {
        this.#gap(undefined);
      },
      welcome: (event) => {
        this.#welcomed(event);
      },
      event: (event) => {
        this.#received(event);
      },
      lost: (code) => {
        this.#desk.lost(code);
        this.#lane.lost();
        this.#investigations.lost();
      },
      status: (status) => {
        if (status.state === 'closed') this.#closed(status);
        this.#emitter.emit('status', status);
      },
    });
    this.#link.dial();
  }

  get status(): Status {
    return this.#link.status;
  }

  /** Of the last ping, milliseconds: one goes out with every connection and whenever it is quiet. */
  get roundTripMs(): number | undefined {
    return this.#link.roundTripMs;
  }

  /** Who is in the session, as the server last told; `on('presence')` tells of changes. */
  get participants(): readonly Participant[] {
    return this.#participants;
  }

  /** The chats this client knows, oldest first: those asked here, in other tabs, and before a reload. */
  get chats(): readonly Chat[] {
    return this.#desk.chats;
  }

  /** Where the session's channel stands for this client. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Calls back with every such event, in their order. The returned function stops it. */
  on<Name extends keyof LocalEvents | ServerEvent['type']>(
    name: Name,
    listener: (event: SessionEventOf<Name>) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Asks. Without a connection the question waits for one, in its order; it is one chat, however often it
   * has to be sent.
   * @throws ClientError `INVALID_MESSAGE` (1 to 16,000 characters), `INVALID_ID`, `CLOSED`
   * @throws the signal's reason when it is aborted already
   */
  chat(message: string, { signal, agentId, requestId = newIdentifier() }: ChatOptions = {}): Chat {
    this.#assertOpen();
    assertIdentifier(requestId);
    if (message === '' || Array.from(message).length > MAX_MESSAGE_CHARACTERS) {
      throw new ClientError('INVALID_MESSAGE', `a message has 1 to ${MAX_MESSAGE_CHARACTERS} characters`);
    }
    signal?.throwIfAborted();
    const chat = this.#desk.ask(requestId, message, agentId, this.#cursor);
    if (signal !== undefined) chat.follow(signal);
    return chat;
  }

  /**
   * Picks a chat up again, after a reload or from another tab. With `storage` it streams on, whole from its
   * beginning; without, one that still runs comes as a whole at its end. Fails with `NOT_FOUND` where the
   * session has no such chat.
   */
  resumeChat(requestId: string, { signal }: { readonly signal?: AbortSignal } = {}): Chat {
    this.#assertOpen();
    assertIdentifier(requestId);
    signal?.throwIfAborted();
    let chat = this.#desk.find(requestId);
    if (chat === undefined) {
      chat = this.#desk.watch(requestId);
      void this.#lookUp(chat);
    }
    if (signal !== undefined) chat.follow(signal);
    return chat;
  }

  /** Follows an investigation from now on, or from a cursor on. Leaving the loop stops it here. */
  subscribe(investigationId: string, options: SubscriptionOptions = {}): Subscription {
    this.#assertOpen();
    assertIdentifier(investigationId);
    return this.#investigations.subscribe(investigationId, options);
  }

  /** What was said, without chunks, a page at a time from the newest back. */
  history({ before, limit }: HistoryOptions = {}): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      this.#lane.add({
        frame: () => ({
          type: 'history',
          data: { ...(before === undefined ? {} : { before }), ...(limit === undefined ? {} : { limit }) },
        }),
        answeredBy: (event) => {
          if (event.type !== 'history') return false;
          // The server's word: these four types and no others.
          const events = event.data.events as unknown as readonly PastEvent[];
          resolve({ events, before: event.data.before, more: event.data.more });
          return true;
        },
        failed: reject,
      });
    });
  }

  /** Gives a session that was opened with a fixed `token` a new one, without a new connection. */
  authenticate(token: string): void {
    this.#link.authenticate(token);
  }

  /** Measures the round trip now. */
  ping(): void {
    this.#link.ping();
  }

  /** Ends it: unanswered calls fail with `CLOSED`, chats run on at the server. */
  close(): void {
    this.#link.close(1000, 'closed by the application');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #welcomed({ data }: NamedEvents['connection']): void {
    if (data.recovered === false) this.#gap(data.cursor);
    this.#cursor = data.cursor;
    this.#memory.moved(data.cursor);
    this.#lane.welcomed();
    this.#investigations.welcomed();
    this.#desk.welcomed();
  }

  #received(event: ServerEvent): void {
    const before = this.#cursor;
    if (event.channel === 'session' && event.cursor !== undefined) this.#cursor = event.cursor;
    if (isInvestigationEvent(event)) {
      if (!this.#investigations.event(event)) return;
    } else if (event.type === 'presence') this.#participants = event.data.participants;
    else if (event.type === 'error' && event.data.request_id === undefined) this.#refused(event);
    else {
      this.#lane.event(event);
      this.#desk.event(event, before);
    }
    // Not with every chunk: the chat they are of is read again from its beginning.
    if (this.#cursor !== before && this.#cursor !== undefined && event.type !== 'chat') {
      this.#memory.moved(this.#cursor);
    }
    this.#emitter.emit('event', event);
    this.#emitter.emit(event.type, event);
  }

  /** An error that does not say what it is about. Of a flood, it may be about anything. */
  #refused(event: NamedEvents['error']): void {
    const isAnothers = this.#lane.error(event);
    if (!isAnothers || event.data.code === 'RATE_LIMIT') this.#desk.stranger(event);
  }

  #gap(cursor: string | undefined): void {
    this.#cursor = cursor;
    this.#memory.restarted(cursor);
    this.#desk.gap();
    const gap: Gap = { type: 'gap', channel: 'session', reason: 'unrecovered' };
    this.#emitter.emit('gap', gap);
  }

  async #lookUp(chat: LiveChat): Promise<void> {
    try {
      const past = await findPastChat((options) => this.history(options), chat.requestId);
      for (const event of past) this.#desk.event(event, undefined);
      if (past.length > 0 || chat.isInChannel) return;
      chat.fail(new ClientError('NOT_FOUND', 'no such chat', { requestId: chat.requestId }));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      chat.fail(error);
    }
  }

  #closed({ code, reason }: Extract<Status, { state: 'closed' }>): void {
    const error = new ClientError(code === 1000 ? 'CLOSED' : 'FORBIDDEN', reason);
    this.#desk.close(error);
    this.#lane.close(error);
    this.#investigations.close(error);
  }

  #assertOpen(): void {
    if (this.#link.status.state === 'closed') throw new ClientError('CLOSED', 'the session is closed');
  }
}
