import type { OriginCheck } from '../auth/origin.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../events.ts';
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
import type { ConnectionHouse } from './connection-house.ts';
import { drainConnections } from './drain.ts';
import { investigationSessionId, openConnection, type OpenContext } from './open-connection.ts';
import { OpenSocket, type SocketHost } from './open-socket.ts';
import { SocketCounts } from './socket-counts.ts';

export interface DoorwayOptions {
  readonly open: OpenContext;
  readonly house: ConnectionHouse;
  readonly config: GatewayConfig;
  readonly isAllowedOrigin: OriginCheck;
  readonly addressKeyOf: AddressKeyOf;
  readonly brokerAnswers: () => boolean;
  readonly events: GatewayEvents;
}

const STALL_CHECK_MS = 5_000;

/** Where sockets come in and go out: the set of all that are open. */
export class Doorway implements SocketHost, Disposable {
  readonly connections = new Set<Connection>();
  readonly closes = new RecentCloses();
  readonly #options: DoorwayOptions;
  readonly #counts = new SocketCounts();
  /** Of investigation sockets. */
  readonly #heartbeats = new Map<Connection, NodeJS.Timeout>();
  readonly #stallCheck: NodeJS.Timeout;
  #draining = false;

  constructor(options: DoorwayOptions) {
    this.#options = options;
    this.#stallCheck = setInterval(() => {
      this.#sendStalledAway();
    }, STALL_CHECK_MS);
  }

  get draining(): boolean {
    return this.#draining;
  }

  get events(): GatewayEvents {
    return this.#options.events;
  }

  get ratePerSecond(): number {
    return this.#options.config.RATE_LIMIT_PER_SECOND;
  }

  get handshakeTimeoutMs(): number {
    return this.#options.config.HANDSHAKE_TIMEOUT_MS;
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

  /** The transport's last word on a socket. */
  closed(connection: Connection, code: number): void {
    const { events, open } = this.#options;
    clearInterval(this.#heartbeats.get(connection));
    this.#heartbeats.delete(connection);
    this.#counts.remove(connection);
    this.connections.delete(connection);
    this.closes.add(connection, code);
    open.inbound.investigations.detachAll(connection);
    connection.markClosed();
    open.sessions.leave(connection);
    events.connectionClosed(connection, code);
  }

  #open(socket: Socket, admitted: Admitted): SocketHandler {
    const { events, open, house } = this.#options;
    const { kind, via, id, addressKey } = admitted;
    const sessionId = kind === 'chat' ? id : investigationSessionId(id);
    const knowsProtocol = admitted.subProtocol === SUB_PROTOCOL;
    const connection = new Connection({ kind, via, sessionId, addressKey, knowsProtocol }, socket, house);
    this.connections.add(connection);
    this.#counts.add(connection);
    events.connectionOpened(connection);
    if (kind === 'investigation') this.#heartbeats.set(connection, this.#startHeartbeat(connection, id));
    return new OpenSocket(this, connection, openConnection(open, connection, admitted));
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
