import type { OriginCheck } from '../auth/origin.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../events.ts';
import { RateLimit } from '../inbound/rate-limit.ts';
import { Inbox } from '../inbound/receive.ts';
import { EventStreamSocket } from '../http/event-stream-socket.ts';
import type {
  HttpAnswer,
  HttpReply,
  RequestFacts,
  Socket,
  SocketHandler,
  UpgradeAnswer,
} from '../transport/transport.ts';
import { RecentCloses } from '../inspection/recent-closes.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { SUB_PROTOCOL } from '../../shared/socket-protocol/limits.ts';
import { admit, type AddressKeyOf, type Admitted, type Door } from './admission.ts';
import { Connection } from './connection.ts';
import { drainConnections } from './drain.ts';
import { investigationSessionId, openConnection, type OpenContext } from './open-connection.ts';
import { FlushQueue } from './outbox.ts';
import { SocketCounts } from './socket-counts.ts';

export interface DoorwayOptions {
  readonly open: OpenContext;
  readonly config: GatewayConfig;
  readonly isAllowedOrigin: OriginCheck;
  readonly addressKeyOf: AddressKeyOf;
  readonly brokerAnswers: () => boolean;
  readonly events: GatewayEvents;
}

const STALL_CHECK_MS = 5_000;

/** Where sockets come in and go out: the set of all that are open. */
export class Doorway implements Disposable {
  readonly connections = new Set<Connection>();
  readonly closes = new RecentCloses();
  readonly #options: DoorwayOptions;
  readonly #counts = new SocketCounts();
  readonly #flushQueue: FlushQueue;
  readonly #stallCheck: NodeJS.Timeout;
  #draining = false;

  constructor(options: DoorwayOptions) {
    this.#options = options;
    this.#flushQueue = new FlushQueue(() => {
      options.events.frameDropped();
    });
    this.#stallCheck = setInterval(() => {
      this.#sendStalledAway();
    }, STALL_CHECK_MS);
  }

  get draining(): boolean {
    return this.#draining;
  }

  upgrade(request: RequestFacts): UpgradeAnswer {
    const admitted = this.#admit('ws', request);
    if ('status' in admitted) return { refused: admitted };
    return { subProtocol: admitted.subProtocol, open: (socket) => this.#open(socket, admitted) };
  }

  /** Somebody follows events over plain HTTP. */
  follow(request: RequestFacts): HttpReply {
    const admitted = this.#admit('sse', request);
    if ('status' in admitted) return admitted;
    const { kind, id } = admitted;
    return {
      headers: {},
      open: (stream) => {
        const socket = new EventStreamSocket(stream, kind === 'chat' ? 'session' : `investigation.${id}`);
        const handler = this.#open(socket, { ...admitted, subProtocol: SUB_PROTOCOL });
        return {
          drained: () => {
            handler.drained();
          },
          closed: () => {
            handler.closed(socket.endCode);
          },
        };
      },
    };
  }

  #admit(door: Door, request: RequestFacts): Admitted | HttpAnswer {
    const { config, isAllowedOrigin, addressKeyOf, brokerAnswers, events } = this.#options;
    return admit(
      door,
      request,
      isAllowedOrigin,
      addressKeyOf,
      {
        draining: this.#draining,
        brokerAnswers: brokerAnswers(),
        isFull: this.connections.size >= config.MAX_CONNECTIONS,
        addressIsFull: (key) => this.#counts.ofAddress(key) >= config.MAX_CONNECTIONS_PER_IP,
        sessionIsFull: (id) => this.#counts.ofSession(id) >= config.MAX_CONNECTIONS_PER_SESSION,
      },
      events,
    );
  }

  async drain(overMs: number): Promise<void> {
    this.#draining = true;
    await drainConnections(this.connections, overMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#stallCheck);
    this.#draining = true;
    for (const connection of [...this.connections]) connection.close(CloseReason.goingAway);
  }

  #open(socket: Socket, admitted: Admitted): SocketHandler {
    const { config, events, open } = this.#options;
    const { kind, via, id } = admitted;
    const connection = new Connection(
      {
        kind,
        via,
        sessionId: kind === 'chat' ? id : investigationSessionId(id),
        addressKey: admitted.addressKey,
        knowsProtocol: admitted.subProtocol === SUB_PROTOCOL,
      },
      socket,
      this.#flushQueue,
      { maxBackpressureBytes: config.MAX_BACKPRESSURE_BYTES, maxErrors: config.MAX_ERRORS },
      events,
    );
    this.connections.add(connection);
    const uncount = this.#counts.add({
      addressKey: admitted.addressKey,
      sessionId: kind === 'chat' ? id : undefined,
    });
    events.connectionOpened(connection);
    const opened = openConnection(open, connection, admitted);
    const deadline = this.#startDeadline(connection, opened);
    const inbox = new Inbox(connection, opened, new RateLimit(config.RATE_LIMIT_PER_SECOND), events);
    const heartbeat = kind === 'investigation' ? this.#startHeartbeat(connection, id) : undefined;
    return {
      message: (bytes, isBinary) => {
        inbox.receive(bytes, isBinary);
      },
      controlFrame: () => {
        inbox.receiveControlFrame();
      },
      drained: () => {
        connection.drained();
      },
      closed: (code) => {
        clearTimeout(deadline);
        clearInterval(heartbeat);
        uncount();
        this.connections.delete(connection);
        this.closes.add(connection, code);
        open.inbound.investigations.detachAll(connection);
        connection.markClosed();
        open.sessions.leave(connection);
        events.connectionClosed(connection, code);
      },
    };
  }

  /** What a socket waits for may hang: an issuer's keys, the broker. It is to try again, perhaps elsewhere. */
  #startDeadline(connection: Connection, opened: Promise<unknown>): NodeJS.Timeout {
    const deadline = setTimeout(() => {
      connection.close(CloseReason.overloaded);
    }, this.#options.config.HANDSHAKE_TIMEOUT_MS);
    void opened.then(() => {
      clearTimeout(deadline);
    });
    return deadline;
  }

  #startHeartbeat(connection: Connection, investigationId: string): NodeJS.Timeout {
    return setInterval(() => {
      // A reader that is behind needs no sign of life: it has enough to read.
      connection.offer('heartbeat', { investigation_id: investigationId });
    }, this.#options.config.HEARTBEAT_INTERVAL_MS);
  }

  #sendStalledAway(): void {
    const now = performance.now();
    for (const connection of [...this.connections]) {
      if (connection.isStalled(now)) connection.close(CloseReason.tooSlow);
    }
  }
}
