import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { ClientMessage } from '../../shared/socket-protocol/client-messages.ts';
import { decodeFrame } from '../../shared/socket-protocol/decode-frame.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { GatewayEvents } from '../events.ts';
import type { Connection } from '../session/connection.ts';
import type { RateLimit } from './rate-limit.ts';

/** Messages of one socket that may wait for their turn, or for the session to open. */
const MAX_PENDING = 64;

/** Runs messages that may be sent to a socket of its kind. */
export interface Dispatcher {
  /** Runs a message at once or, through `inOrder`, after those before it. */
  dispatch(message: ClientMessage, inOrder: (task: () => Promise<void>) => void): Promise<void> | undefined;
}

/** One socket's messages on their way to their handlers. */
export class Inbox {
  readonly #connection: Connection;
  readonly #rateLimit: RateLimit;
  readonly #events: GatewayEvents;
  /** Messages whose order matters run one after another. */
  #tail: Promise<void> | undefined;
  #pending = 0;
  #dispatcher: Dispatcher | undefined;

  /** Messages that come before the socket is open wait for the dispatcher that this brings. */
  constructor(
    connection: Connection,
    opened: Dispatcher | Promise<Dispatcher | undefined>,
    rateLimit: RateLimit,
    events: GatewayEvents,
  ) {
    this.#connection = connection;
    this.#rateLimit = rateLimit;
    this.#events = events;
    if (!(opened instanceof Promise)) {
      this.#dispatcher = opened;
      return;
    }
    this.#tail = opened.then((dispatcher) => {
      this.#dispatcher = dispatcher;
    });
  }

  /** The bytes are only valid during the call. */
  receive(bytes: ArrayBuffer, isBinary: boolean): void {
    try {
      this.#rateLimit.take();
      const message = decodeFrame(bytes, isBinary);
      this.#events.messageReceived(message.type);
      if (message.type === 'ping') this.#connection.reply('pong', {});
      else if (this.#dispatcher === undefined) this.#onceOpen(message);
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
    return this.#dispatcher?.dispatch(message, (task) => {
      this.#inOrder(task);
    });
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
    this.#tail = (this.#tail ?? Promise.resolve()).then(async () => {
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
