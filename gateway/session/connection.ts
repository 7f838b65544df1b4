import { randomBytes } from 'node:crypto';
import { CloseReason, invitesReconnect } from '../../shared/socket-protocol/close-codes.ts';
import type { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import {
  encodeEvent,
  type ServerEventData,
  type ServerEventType,
} from '../../shared/socket-protocol/server-events.ts';
import type { Principal } from '../auth/principal.ts';
import type { SocketKind, Via } from '../events.ts';
import type { SentType } from '../metrics.ts';
import type { Attachment, Receiver, Standing } from '../outbound/attachment.ts';
import type { Listener } from '../outbound/broadcast.ts';
import type { Channel } from '../outbound/channel.ts';
import type { Position } from '../../shared/channel/position.ts';
import type { Frame, Socket } from '../transport/transport.ts';
import type { ConnectionHouse } from './connection-house.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';

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

/** `maxErrors` counts within this time. */
const ERROR_WINDOW_MS = 10_000;
/** A reader whose buffer has not shrunk for this long is sent away. */
const STALLED_MS = 60_000;

/** Which of this process's sockets, of all there are. */
const PROCESS_ID = randomBytes(8).toString('hex');
let opened = 0;

/**
 * One socket: what it may see, what it is attached to, and the only way to write to it. Most are idle, so that
 * what only some need is made when they need it.
 */
export class Connection implements Receiver, Listener, OutboxOwner {
  readonly kind: SocketKind;
  readonly via: Via;
  readonly sessionId: string;
  readonly addressKey: string;
  readonly openedAtMs = Date.now();
  /** Set once the token was checked; a renewal replaces it. */
  principal: Principal | undefined;
  /** Where its chats wait, from the first one on. */
  queue: { readonly waiting: readonly string[] } | undefined;
  readonly #number = (opened += 1);
  readonly #knowsProtocol: boolean;
  readonly #house: ConnectionHouse;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  /** Few, and mostly one. */
  #attachments: readonly Attachment[] = [];
  #errorTimes: readonly number[] | undefined;
  /** When it was first seen with a full buffer since the buffer last shrank. */
  #stalledSinceMs: number | undefined;
  #closed = false;
  /** Why the gateway ended it, if it did. */
  #endedFor: CloseReason | undefined;
  #onClosed: (() => void) | undefined;

  constructor(facts: ConnectionFacts, socket: Socket, house: ConnectionHouse) {
    this.kind = facts.kind;
    this.via = facts.via;
    this.sessionId = facts.sessionId;
    this.addressKey = facts.addressKey;
    this.#knowsProtocol = facts.knowsProtocol;
    this.#socket = socket;
    this.#house = house;
    this.#outbox = new Outbox(socket, house.flushQueue, house.maxBackpressureBytes, this);
  }

  /** No other socket has it, on no gateway. */
  get id(): string {
    return `${PROCESS_ID}-${String(this.#number)}`;
  }

  /** Requests of its own that wait until the one before has ended. */
  get queued(): readonly string[] {
    return this.queue?.waiting ?? [];
  }

  get endedFor(): CloseReason | undefined {
    return this.#endedFor;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whose chats it starts: its user's, or its address's without one. */
  get chatKey(): string {
    return this.principal === undefined ? `address ${this.addressKey}` : `sub ${this.principal.sub}`;
  }

  /** Speaks for `principal` until its token expires, unless it is renewed before. */
  identify(principal: Principal): void {
    this.principal = principal;
    if (!this.#closed) this.#house.expiries.add(this);
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
    if (taken) this.#house.events.messagesSent(type, 1);
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
    const { events, maxErrors } = this.#house;
    events.clientError(error.code, this.id);
    const now = performance.now();
    this.#errorTimes = [...(this.#errorTimes ?? []).filter((time) => now - time < ERROR_WINDOW_MS), now];
    if (this.#errorTimes.length > maxErrors) {
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
    if (this.#closed) return;
    const attachment = channel.attach(this, position);
    this.#attachments =
      this.#attachments.length === 0 ? [attachment] : this.#attachments.concat([attachment]);
  }

  /** Names of the channels it is attached to. */
  get attachedTo(): readonly string[] {
    return this.#attachments.map(({ wireName }) => wireName);
  }

  /** Where it stands in the channels it is attached to, by their names. */
  *standings(): Iterable<readonly [channel: string, Standing]> {
    for (const { wireName, standing } of this.#attachments) yield [wireName, standing];
  }

  isAttached(wireName: string): boolean {
    return this.#attachments.some((attachment) => attachment.wireName === wireName);
  }

  detach(wireName: string): void {
    const attachment = this.#attachments.find((known) => known.wireName === wireName);
    if (attachment === undefined) return;
    attachment[Symbol.dispose]();
    this.#attachments = this.#attachments.filter((other) => other !== attachment);
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

  hasRoom(): void {
    for (const attachment of this.#attachments) attachment.drained();
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
    this.#house.events.sentAway(reason);
    this.#outbox.flush();
    if (invitesReconnect(reason) && !this.#knowsProtocol) this.#socket.cut();
    else this.#socket.close(reason);
  }

  /** The transport's last word: lets go of everything. */
  markClosed(): void {
    this.#closed = true;
    for (const attachment of this.#attachments) attachment[Symbol.dispose]();
    this.#attachments = [];
    this.#house.expiries.delete(this);
    this.#onClosed?.();
  }
}
