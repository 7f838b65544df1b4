import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { GatewayEvents } from '../events.ts';
import { RateLimit } from '../inbound/rate-limit.ts';
import { Inbox, type Dispatcher } from '../inbound/receive.ts';
import type { SocketHandler } from '../transport/transport.ts';
import type { Connection } from './connection.ts';

/** Where sockets come in and go out, as one of them sees it. */
export interface SocketHost {
  readonly ratePerSecond: number;
  /** What a socket waits for may hang: an issuer's keys, the broker. */
  readonly handshakeTimeoutMs: number;
  readonly events: GatewayEvents;
  closed(connection: Connection, code: number): void;
}

/** What the transport says of one socket, on its way to who deals with it. */
export class OpenSocket implements SocketHandler {
  readonly #host: SocketHost;
  readonly #connection: Connection;
  /** What runs its messages, or brings that; it brings nothing when the socket was closed on the way. */
  #opened: Dispatcher | Promise<Dispatcher | undefined>;
  #deadline: NodeJS.Timeout | undefined;
  /** Made with the first message: most sockets that are open are silent. */
  #inbox: Inbox | undefined;

  constructor(host: SocketHost, connection: Connection, opened: Promise<Dispatcher | undefined>) {
    this.#host = host;
    this.#connection = connection;
    this.#opened = opened;
    this.#deadline = setTimeout(() => {
      // It is to try again, perhaps elsewhere.
      connection.close(CloseReason.overloaded);
    }, host.handshakeTimeoutMs);
    void opened.then((dispatcher) => {
      this.#forgetDeadline();
      if (dispatcher !== undefined) this.#opened = dispatcher;
    });
  }

  message(bytes: ArrayBuffer, isBinary: boolean): void {
    this.#inboxOf().receive(bytes, isBinary);
  }

  controlFrame(): void {
    this.#inboxOf().receiveControlFrame();
  }

  drained(): void {
    this.#connection.drained();
  }

  closed(code: number): void {
    this.#forgetDeadline();
    this.#host.closed(this.#connection, code);
  }

  #inboxOf(): Inbox {
    const { ratePerSecond, events } = this.#host;
    this.#inbox ??= new Inbox(this.#connection, this.#opened, new RateLimit(ratePerSecond), events);
    return this.#inbox;
  }

  #forgetDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}
