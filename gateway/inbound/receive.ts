import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { ClientMessage, ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { decodeFrame } from '../../shared/socket-protocol/decode-frame.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { GatewayEvents } from '../events.ts';
import type { Connection } from '../session/connection.ts';
import { handleAuth, type Authenticate } from './auth.ts';
import { handleCancel } from './cancel.ts';
import { handleChat } from './chat.ts';
import { handleHistory } from './history.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';
import type { RateLimit } from './rate-limit.ts';
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts';

/** Messages of one socket that may wait for their turn, or for the session to open. */
const MAX_PENDING = 64;

/** One socket's messages on their way to their handlers. */
export class Inbox {
  readonly #connection: Connection;
  readonly #rateLimit: RateLimit;
  readonly #events: GatewayEvents;
  /** Messages whose order matters run one after another. */
  #tail: Promise<void>;
  #pending = 0;
  #dispatch: ((message: ClientMessage) => Promise<void> | undefined) | undefined;

  /** Messages that come before `opened` resolves wait for the dispatcher it brings. */
  constructor(
    connection: Connection,
    opened: Promise<Dispatcher | undefined>,
    rateLimit: RateLimit,
    events: GatewayEvents,
  ) {
    this.#connection = connection;
    this.#rateLimit = rateLimit;
    this.#events = events;
    this.#tail = opened.then((dispatcher) => {
      if (dispatcher === undefined) return;
      this.#dispatch = (message) =>
        dispatcher(message, (task) => {
          this.#inOrder(task);
        });
    });
  }

  /** The bytes are only valid during the call. */
  receive(bytes: ArrayBuffer, isBinary: boolean): void {
    try {
      this.#rateLimit.take();
      const message = decodeFrame(bytes, isBinary);
      this.#events.messageReceived(message.type);
      if (message.type === 'ping') this.#connection.reply('pong', {});
      else if (this.#dispatch === undefined) this.#onceOpen(message);
      else void this.#guarded(() => this.#run(message));
    } catch (error) {
      this.#report(error);
    }
  }

  /** A ping or pong of the WebSocket protocol itself: answered below, and counted like a message. */
  receiveControlFrame(): void {
    try {
      this.#rateLimit.take();
    } catch (error) {
      this.#report(error);
    }
  }

  #run(message: ClientMessage): Promise<void> | undefined {
    return this.#dispatch?.(message);
  }

  /** Dispatched in the order they came, without waiting for one another's end. */
  #onceOpen(message: ClientMessage): void {
    this.#enqueue(() => {
      void this.#guarded(() => this.#run(message));
    });
  }

  #inOrder(task: () => Promise<void>): void {
    this.#enqueue(() => this.#guarded(task));
  }

  #enqueue(task: () => Promise<void> | void): void {
    if (this.#pending >= MAX_PENDING) throw new ProtocolError('LIMIT');
    this.#pending += 1;
    this.#tail = this.#tail.then(async () => {
      this.#pending -= 1;
      await task();
    });
  }

  async #guarded(task: () => Promise<void> | undefined): Promise<void> {
    if (this.#connection.closed) return;
    try {
      await task();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#connection.fail(error);
      return;
    }
    this.#events.handlerFailed(error);
    this.#connection.close(CloseReason.internal);
  }
}

/** Runs a message at once or, through `inOrder`, after those before it. */
export type Dispatcher = (
  message: ClientMessage,
  inOrder: (task: () => Promise<void>) => void,
) => Promise<void> | undefined;

/** What a chat socket may send. */
export function chatDispatcher(
  context: InboundContext,
  authenticate: Authenticate,
  chatting: Chatting,
): Dispatcher {
  return (message, inOrder) => {
    switch (message.type) {
      // A running answer must not hold up what comes after it, nor its own cancel.
      case 'chat':
        return handleChat(context, chatting, message);
      case 'cancel':
        return handleCancel(context, chatting, message);
      case 'subscribe':
        inOrder(() => handleSubscribe(context, chatting, message));
        return undefined;
      case 'unsubscribe':
        inOrder(() => handleUnsubscribe(context, chatting, message));
        return undefined;
      case 'history':
        inOrder(() => handleHistory(context, chatting, message));
        return undefined;
      case 'auth':
        inOrder(() => handleAuth(authenticate, chatting.connection, message));
        return undefined;
      case 'ping':
        return undefined;
    }
  };
}

/** An investigation socket is read only: `auth` and `ping`. */
export function investigationDispatcher(authenticate: Authenticate, connection: Connection): Dispatcher {
  return (message, inOrder) => {
    if (!isAuth(message)) throw new ProtocolError('UNKNOWN_TYPE');
    inOrder(() => handleAuth(authenticate, connection, message));
    return undefined;
  };
}

function isAuth(message: ClientMessage): message is ClientMessageOf<'auth'> {
  return message.type === 'auth';
}
