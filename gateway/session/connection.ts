import { randomUUID } from 'node:crypto';
import { CloseReason, invitesReconnect } from '../../shared/socket-protocol/close-codes.ts';
import type { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import {
  encodeEvent,
  type ServerEventData,
  type ServerEventType,
} from '../../shared/socket-protocol/server-events.ts';
import type { Principal } from '../auth/principal.ts';
import type { GatewayEvents, SocketKind, Via } from '../events.ts';
import type { SentType } from '../metrics.ts';
import type { Attachment, Receiver, Standing } from '../outbound/attachment.ts';
import type { Listener } from '../outbound/broadcast.ts';
import type { Channel } from '../outbound/channel.ts';
import type { Position } from '../../shared/channel/position.ts';
import type { Frame, Socket } from '../transport/transport.ts';
import { Outbox, type FlushQueue } from './outbox.ts';

export interface ConnectionFacts {
  readonly kind: SocketKind;
  readonly via: Via;
  /** The session, or the `session_id` an investigation socket is told. */
  readonly sessionId: string;
  /** What limits count its address by. */
  readonly addressKey: string;
  /** Whether the client offered `cidadao.v1` and so understands close codes. */
  readonly knowsProtocol: boolean;
}

export interface ConnectionSettings {
  readonly maxBackpressureBytes: number;
  readonly maxErrors: number;
}

/** `maxErrors` counts within this time. */
const ERROR_WINDOW_MS = 10_000;
/** Longer timers of Node fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A reader whose buffer has not shrunk for this long is sent away. */
const STALLED_MS = 60_000;

/** One socket: what it may see, what it is attached to, and the only way to write to it. */
export class Connection implements Receiver, Listener {
  readonly id = randomUUID();
  readonly openedAtMs = Date.now();
  readonly #facts: ConnectionFacts;
  /** Requests of its own that wait here until the one before has ended. */
  queued: () => readonly string[] = () => [];
  /** Set once the token was checked; a renewal replaces it. */
  principal: Principal | undefined;
  #expiry: NodeJS.Timeout | undefined;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #settings: ConnectionSettings;
  readonly #events: GatewayEvents;
  readonly #attachments = new Map<string, Attachment>();
  #errorTimes: number[] = [];
  /** When it was first seen with a full buffer since the buffer last shrank. */
  #stalledSinceMs: number | undefined;
  #closed = false;
  /** Why the gateway ended it, if it did. */
  #endedFor: CloseReason | undefined;
  #onClosed: (() => void) | undefined;

  constructor(
    facts: ConnectionFacts,
    socket: Socket,
    flushQueue: FlushQueue,
    settings: ConnectionSettings,
    events: GatewayEvents,
  ) {
    this.#facts = facts;
    this.#socket = socket;
    this.#settings = settings;
    this.#events = events;
    this.#outbox = new Outbox(socket, flushQueue, settings.maxBackpressureBytes, () => {
      for (const attachment of this.#attachments.values()) attachment.drained();
    });
  }

  get kind(): SocketKind {
    return this.#facts.kind;
  }

  get via(): Via {
    return this.#facts.via;
  }

  get sessionId(): string {
    return this.#facts.sessionId;
  }

  get endedFor(): CloseReason | undefined {
    return this.#endedFor;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whose chats it starts: its user's, or its address's without one. */
  get chatKey(): string {
    return this.principal === undefined ? `address ${this.#facts.addressKey}` : `sub ${this.principal.sub}`;
  }

  /** Speaks for `principal` until its token expires, unless it is renewed before. */
  identify(principal: Principal): void {
    this.principal = principal;
    clearTimeout(this.#expiry);
    if (!this.#closed) this.#awaitExpiry(principal.expiresAtMs);
  }

  push(frame: Frame): boolean {
    return this.#closed || this.#outbox.push(frame);
  }

  enter(group: string): boolean {
    return !this.#closed && this.#outbox.enter(group);
  }

  leave(group: string): void {
    this.#outbox.leave(group);
  }

  takePromised(frame: Frame): void {
    if (!this.#closed) this.#outbox.takePromised(frame);
  }

  unsentBytes(): number {
    return this.#outbox.unsentBytes();
  }

  /** The same for what is meant for this socket alone, counted. */
  send(type: SentType, frame: Frame): boolean {
    const taken = this.#closed || this.#outbox.answer(frame);
    if (taken) this.#events.messagesSent(type, 1);
    return taken;
  }

  /** An answer to this socket alone. One that no longer fits means that it asks without ever reading. */
  reply<Type extends ServerEventType>(type: Type, data: ServerEventData<Type>): void {
    if (!this.send(type, encodeEvent(type, data))) this.close(CloseReason.tooSlow);
  }

  /** Something it can do without: skipped when the reader is behind. */
  offer<Type extends ServerEventType>(type: Type, data: ServerEventData<Type>): void {
    this.send(type, encodeEvent(type, data));
  }

  /** Tells this socket what was wrong with its message. Too many in a row and it is closed. */
  fail(error: ProtocolError): void {
    this.#events.clientError(error.code, this.id);
    const now = performance.now();
    this.#errorTimes = this.#errorTimes.filter((time) => now - time < ERROR_WINDOW_MS);
    this.#errorTimes.push(now);
    if (this.#errorTimes.length > this.#settings.maxErrors) {
      this.close(CloseReason.tooManyErrors);
      return;
    }
    this.reply('error', {
      code: error.code,
      message: error.message,
      ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
      retryable: error.retryable,
      ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(error.retryAfterMs) }),
    });
  }

  /** Attaches to a channel, anew if it was attached: at a position, or where the channel stands. */
  attach(channel: Channel, position: Position | undefined): void {
    this.detach(channel.wireName);
    if (!this.#closed) this.#attachments.set(channel.wireName, channel.attach(this, position));
  }

  /** Names of the channels it is attached to. */
  get attachedTo(): Iterable<string> {
    return [...this.#attachments.keys()];
  }

  /** Where it stands in the channels it is attached to, by their names. */
  *standings(): Iterable<readonly [channel: string, Standing]> {
    for (const [wireName, { standing }] of this.#attachments) yield [wireName, standing];
  }

  isAttached(wireName: string): boolean {
    return this.#attachments.has(wireName);
  }

  detach(wireName: string): void {
    this.#attachments.get(wireName)?.[Symbol.dispose]();
    this.#attachments.delete(wireName);
  }

  /** Its place in a channel is gone from the stream: it comes back and is told so. */
  lost(): void {
    this.close(CloseReason.overloaded);
  }

  /** Calls back once when the socket is gone. */
  whenClosed(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClosed = callback;
  }

  /** What waits for this reader, bytes. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  drained(): void {
    this.#stalledSinceMs = undefined;
    this.#outbox.drained();
  }

  /** Whether it has read nothing for so long that it is to be sent away. Asked every few seconds. */
  isStalled(nowMs: number): boolean {
    if (this.#outbox.waitingBytes === 0) {
      this.#stalledSinceMs = undefined;
      return false;
    }
    this.#stalledSinceMs ??= nowMs;
    return nowMs - this.#stalledSinceMs > STALLED_MS;
  }

  /**
   * Ends the socket. The original client returns only after an unclean close, so where it is meant to
   * return it is cut.
   */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#endedFor ??= reason;
    this.#events.sentAway(reason);
    this.#outbox.flush();
    if (invitesReconnect(reason) && !this.#facts.knowsProtocol) this.#socket.cut();
    else this.#socket.close(reason);
  }

  /** The transport's last word: lets go of everything. */
  markClosed(): void {
    this.#closed = true;
    for (const attachment of this.#attachments.values()) attachment[Symbol.dispose]();
    this.#attachments.clear();
    clearTimeout(this.#expiry);
    this.#onClosed?.();
  }

  #awaitExpiry(expiresAtMs: number): void {
    const leftMs = expiresAtMs - Date.now();
    this.#expiry = setTimeout(
      () => {
        if (Date.now() >= expiresAtMs) this.close(CloseReason.tokenExpired);
        else this.#awaitExpiry(expiresAtMs);
      },
      Math.max(0, Math.min(leftMs, MAX_TIMER_MS)),
    );
  }
}
