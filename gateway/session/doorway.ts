import type { OriginCheck } from '../auth/origin.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../events.ts';
import { RateLimit } from '../inbound/rate-limit.ts';
import { Inbox } from '../inbound/receive.ts';
import type { RequestFacts, Socket, SocketHandler, UpgradeAnswer } from '../transport/transport.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { SUB_PROTOCOL } from '../../shared/socket-protocol/limits.ts';
import { admit, type Admitted } from './admission.ts';
import { Connection } from './connection.ts';
import { drainConnections } from './drain.ts';
import { investigationSessionId, openConnection, type OpenContext } from './open-connection.ts';
import { FlushQueue } from './outbox.ts';

export interface DoorwayOptions {
  readonly open: OpenContext;
  readonly config: GatewayConfig;
  readonly isAllowedOrigin: OriginCheck;
  readonly brokerAnswers: () => boolean;
  readonly events: GatewayEvents;
}

const STALL_CHECK_MS = 5_000;

/** Where sockets come in and go out: the set of all that are open. */
export class Doorway implements Disposable {
  readonly connections = new Set<Connection>();
  readonly #options: DoorwayOptions;
  readonly #flushQueue = new FlushQueue();
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

  upgrade(request: RequestFacts): UpgradeAnswer {
    const { config, isAllowedOrigin, brokerAnswers, events } = this.#options;
    const admitted = admit(
      request,
      isAllowedOrigin,
      {
        draining: this.#draining,
        brokerAnswers: brokerAnswers(),
        connections: this.connections.size,
        maxConnections: config.MAX_CONNECTIONS,
      },
      events,
    );
    if ('status' in admitted) return { refused: admitted };
    return { subProtocol: admitted.subProtocol, open: (socket) => this.#open(socket, admitted) };
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
    const { kind, id } = admitted;
    const connection = new Connection(
      {
        kind,
        sessionId: kind === 'chat' ? id : investigationSessionId(id),
        knowsProtocol: admitted.subProtocol === SUB_PROTOCOL,
      },
      socket,
      this.#flushQueue,
      { maxBackpressureBytes: config.MAX_BACKPRESSURE_BYTES, maxErrors: config.MAX_ERRORS },
      events,
    );
    this.connections.add(connection);
    events.connectionOpened(kind, connection.id);
    const opened = openConnection(open, connection, admitted);
    const inbox = new Inbox(connection, opened, new RateLimit(config.RATE_LIMIT_PER_SECOND), events);
    const heartbeat = kind === 'investigation' ? this.#startHeartbeat(connection, id) : undefined;
    return {
      message: (bytes, isBinary) => {
        inbox.receive(bytes, isBinary);
      },
      drained: () => {
        connection.drained();
      },
      closed: (code) => {
        clearInterval(heartbeat);
        this.connections.delete(connection);
        open.inbound.investigations.detachAll(connection);
        connection.markClosed();
        open.sessions.leave(connection);
        events.connectionClosed(kind, connection.id, code);
      },
    };
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
