import type { ForgetMessage } from '../shared/bus-protocol/control.ts';
import type { StreamName } from '../shared/bus-protocol/streams.ts';
import { AppError } from '../shared/errors/app-error.ts';
import type { Logger } from '../shared/telemetry/logger.ts';

export type SocketKind = 'chat' | 'investigation';

/** How often one kind of bad payload may fill a log line. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * Everything that happens in a gateway and that an operator may want to know, one function each. Labels are
 * of few values; ids are fields of the log line, never part of its text.
 */
export class GatewayEvents {
  readonly #logger: Logger;
  readonly #reports = new Map<string, { count: number; timer: NodeJS.Timeout }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  listening(port: number): void {
    this.#logger.info({ port }, 'listening');
  }

  draining(sockets: number): void {
    this.#logger.info({ sockets }, 'draining');
  }

  waitingForBroker(error: unknown): void {
    this.#rarely('waitingForBroker', (count) => {
      this.#logger.warn({ error: describe(error), count }, 'waiting for the broker');
    });
  }

  brokerStatus(status: 'connected' | 'disconnected'): void {
    if (status === 'connected') this.#logger.info('broker connected');
    else this.#logger.warn('broker disconnected');
  }

  brokerVersion(version: string): void {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > 2 || (major === 2 && minor >= 12)) this.#logger.info({ version }, 'broker');
    else this.#logger.warn({ version }, 'broker for development only: use 2.12 or newer in production');
  }

  upgradeRefused(code: string): void {
    this.#logger.debug({ code }, 'upgrade refused');
  }

  connectionOpened(kind: SocketKind, connectionId: string): void {
    this.#logger.debug({ kind, connection_id: connectionId }, 'connection opened');
  }

  connectionClosed(kind: SocketKind, connectionId: string, code: number): void {
    this.#logger.debug({ kind, connection_id: connectionId, code }, 'connection closed');
  }

  openFailed(error: unknown): void {
    const code = error instanceof AppError ? error.code : 'UNKNOWN';
    this.#rarely(`openFailed ${code}`, (count) => {
      this.#logger.warn({ code, error: describe(error), count }, 'a connection could not be opened');
    });
  }

  messageReceived(type: string): void {
    this.#logger.trace({ type }, 'message received');
  }

  clientError(code: string, connectionId: string): void {
    this.#logger.debug({ code, connection_id: connectionId }, 'client error');
  }

  chatAccepted(sessionId: string, requestId: string, duplicate: boolean): void {
    this.#logger.info({ session_id: sessionId, request_id: requestId, duplicate }, 'chat accepted');
  }

  chatEnded(sessionId: string, requestId: string, type: string): void {
    this.#logger.info({ session_id: sessionId, request_id: requestId, type }, 'chat ended');
  }

  /** A payload of another service that no client may see. */
  invalidPayload(stream: StreamName, reason: string): void {
    this.#rarely(`invalidPayload ${stream} ${reason}`, (count) => {
      this.#logger.warn({ stream, reason, count }, 'payload refused');
    });
  }

  gapFound(stream: StreamName): void {
    this.#logger.debug({ stream }, 'gap found');
  }

  catchUpFailed(stream: StreamName, error: unknown): void {
    this.#rarely(`catchUpFailed ${stream}`, (count) => {
      this.#logger.warn({ stream, error: describe(error), count }, 'catch-up failed, trying again');
    });
  }

  streamRead(stream: StreamName): void {
    this.#logger.trace({ stream }, 'stream read');
  }

  stateFailed(sessionId: string, error: unknown): void {
    this.#logger.warn({ session_id: sessionId, error: describe(error) }, 'session state not written');
  }

  /** Something an operator should change before anybody relies on this gateway. */
  insecureSetting(warning: string): void {
    this.#logger.warn({ warning }, 'insecure setting');
  }

  revoked(by: 'sub' | 'jti' | 'session_id', sockets: number): void {
    this.#logger.info({ by, sockets }, 'revoked');
  }

  /** The record of an erasure: for whom, by which message of CONTROL, and how much it was. */
  erased(message: ForgetMessage, forget: number, sessions: number): void {
    this.#logger.info({ ...message, forget, sessions }, 'erased');
  }

  eraseFailed(forget: number, error: unknown): void {
    this.#logger.error({ forget, error: describe(error) }, 'erasure failed, trying again later');
  }

  controlNotRead(error: unknown): void {
    this.#rarely('controlNotRead', (count) => {
      this.#logger.warn({ error: describe(error), count }, 'operator messages not reached, trying again');
    });
  }

  /** A defect of ours: nothing the input may be should lead here. */
  handlerFailed(error: unknown): void {
    this.#logger.error({ err: error }, 'handler failed');
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#reports.values()) clearTimeout(timer);
    this.#reports.clear();
  }

  /** Reports the first at once, and how many more there were when the interval is over. */
  #rarely(key: string, report: (count: number) => void): void {
    const known = this.#reports.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    report(1);
    const timer = setTimeout(() => {
      const { count } = this.#reports.get(key) ?? { count: 0 };
      this.#reports.delete(key);
      if (count > 0) report(count);
    }, REPORT_INTERVAL_MS).unref();
    this.#reports.set(key, { count: 0, timer });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
