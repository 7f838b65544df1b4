import type { ForgetMessage } from '../shared/bus-protocol/control.ts';
import { familyOf, type StreamName } from '../shared/bus-protocol/streams.ts';
import { AppError } from '../shared/errors/app-error.ts';
import { CloseReason } from '../shared/socket-protocol/close-codes.ts';
import { writtenAtMs } from '../shared/socket-protocol/event-time.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { TraceIds, Tracing } from '../shared/telemetry/tracing.ts';
import type { AuthReject, ConnectionType, GatewayMetrics, SentType } from './metrics.ts';
import { CatchUpWatch } from './outbound/catch-up-watch.ts';
import { GatewayTraces } from './traces.ts';

export type SocketKind = 'chat' | 'investigation';
/** What carries the events: a WebSocket, Server-Sent Events, or one HTTP request that hears none. */
export type Via = 'ws' | 'sse' | 'http';

/** Which connection a line is about, and what it is counted as. */
export interface ConnectionIds {
  readonly id: string;
  readonly kind: SocketKind;
  readonly via: Via;
}

/** Which chat of which socket a line is about. */
export interface SocketChat {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly requestId: string;
}

/** How often one kind of bad payload may fill a log line. */
const REPORT_INTERVAL_MS = 60_000;
/** Of the chunks, one in so many is timed: reading the clock and a histogram cost a third of a microsecond. */
const CHUNKS_PER_SAMPLE = 16;

const CLOSE_NAMES = new Map<CloseReason, string>(
  Object.entries(CloseReason).map(([name, reason]) => [reason, name]),
);

/**
 * Everything that happens in a gateway and that an operator may want to know, one function each: its log
 * line, its metric, its place in a trace. Labels are of few values; ids are fields of the log line, never
 * part of its text.
 */
export class GatewayEvents {
  /** Undefined while nothing exports traces: nothing is made for them then. */
  readonly traces: GatewayTraces | undefined;
  readonly #logger: Logger;
  readonly #metrics: GatewayMetrics;
  #chunksSinceSample = CHUNKS_PER_SAMPLE;
  readonly #reports = new Map<string, { count: number; timer: NodeJS.Timeout }>();

  constructor(logger: Logger, metrics: GatewayMetrics, tracing: Tracing | undefined) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.traces = tracing === undefined ? undefined : new GatewayTraces(tracing);
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

  /** Ready again, when nothing is in the way. */
  readinessChanged(unmet: readonly string[]): void {
    if (unmet.length === 0) this.#logger.info('ready');
    else this.#logger.warn({ unmet }, 'not ready');
  }

  brokerStatus(status: 'connected' | 'disconnected'): void {
    if (status === 'connected') this.#metrics.reconnects.add();
    if (status === 'connected') this.#logger.info('broker connected');
    else this.#logger.warn('broker disconnected');
  }

  brokerVersion(version: string): void {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > 2 || (major === 2 && minor >= 12)) this.#logger.info({ version }, 'broker');
    else this.#logger.warn({ version }, 'broker for development only: use 2.12 or newer in production');
  }

  brokerAnswered(tookMs: number): void {
    this.#metrics.roundTrip.record(tookMs / 1_000);
  }

  /** A try to store a message was not confirmed and is repeated. */
  publishRetried(): void {
    this.#metrics.publishRetries.add();
  }

  upgradeRefused(code: string): void {
    this.#metrics.upgrades.addOther(code);
    this.#logger.debug({ code }, 'upgrade refused');
  }

  connectionOpened(connection: ConnectionIds): void {
    const type = connectionTypeOf(connection);
    this.#metrics.upgrades.add('accepted');
    this.#metrics.connections.add(type);
    this.#metrics.connectionsActive.add(type);
    const { id, kind, via } = connection;
    this.#logger.debug({ kind, via, connection_id: id }, 'connection opened');
  }

  connectionClosed(connection: ConnectionIds, code: number): void {
    this.#metrics.connectionsActive.add(connectionTypeOf(connection), -1);
    this.#metrics.closes.addOther(String(code));
    const { id, kind, via } = connection;
    this.#logger.debug({ kind, via, connection_id: id, code }, 'connection closed');
  }

  /** The gateway ends a socket. */
  sentAway(reason: CloseReason): void {
    this.#metrics.sentAway.addOther(CLOSE_NAMES.get(reason) ?? 'other');
  }

  tokenRejected(reason: AuthReject): void {
    this.#metrics.authRejects.add(reason);
  }

  openFailed(error: unknown): void {
    this.#metrics.errors.add('open_failed');
    const code = error instanceof AppError ? error.code : 'UNKNOWN';
    this.#rarely(`openFailed ${code}`, (count) => {
      this.#logger.warn({ code, error: describe(error), count }, 'a connection could not be opened');
    });
  }

  messageReceived(type: string): void {
    this.#metrics.messagesReceived.addOther(type);
    this.#logger.trace({ type }, 'message received');
  }

  /** Frames were handed to sockets. Called for every chunk: it adds a number and nothing else. */
  messagesSent(type: SentType, count: number): void {
    this.#metrics.messagesSent.add(type, count);
  }

  /** An event of a chat is on its way to the sockets here. Called for every chunk. */
  chatEventDelivered(isChunk: boolean, event: Uint8Array): void {
    if (isChunk) {
      this.#chunksSinceSample += 1;
      if (this.#chunksSinceSample < CHUNKS_PER_SAMPLE) return;
      this.#chunksSinceSample = 0;
    }
    const writtenAt = writtenAtMs(event);
    if (writtenAt === undefined) return;
    this.#metrics.messageLatency.record(Math.max(0, Date.now() - writtenAt) / 1_000);
  }

  /** The socket library threw a frame away: a defect of ours, for it is never given more than it takes. */
  frameDropped(): void {
    this.#metrics.errors.add('frame_dropped');
    this.#rarely('frameDropped', (count) => {
      this.#logger.error({ count }, 'frame dropped');
    });
  }

  clientError(code: string, connectionId: string): void {
    this.#metrics.errors.addOther(code);
    this.#logger.debug({ code, connection_id: connectionId }, 'client error');
  }

  chatAccepted(chat: SocketChat, duplicate: boolean, trace: TraceIds | undefined): void {
    this.#metrics.chatsAccepted.add(duplicate ? 'duplicate' : 'new');
    const { connectionId, sessionId, requestId } = chat;
    this.#logger.info(
      {
        session_id: sessionId,
        request_id: requestId,
        connection_id: connectionId,
        duplicate,
        ...trace,
      },
      'chat accepted',
    );
  }

  /** The first chunk of an answer is on its way to who asked. */
  firstChunk(askedAtMs: number): void {
    this.#metrics.timeToFirstChunk.record((performance.now() - askedAtMs) / 1_000);
  }

  /** The end of an answer is on its way to who asked. */
  chatAnswered(askedAtMs: number, type: string): void {
    const outcome = type === 'error' ? 'failed' : 'complete';
    this.#metrics.chatDuration.record((performance.now() - askedAtMs) / 1_000, outcome);
  }

  /** A chat of a session that is open here has ended. */
  chatEnded(sessionId: string, requestId: string, type: string, trace: TraceIds | undefined): void {
    this.#logger.info({ session_id: sessionId, request_id: requestId, type, ...trace }, 'chat ended');
  }

  /** A channel is taken up again with `since`. */
  resumed(recovered: boolean): void {
    this.#metrics.resumes.add(recovered ? 'recovered' : 'expired');
  }

  /** A socket stands elsewhere than its channel from now on. */
  catchUpBegun(channel: string, why: 'resume' | 'lag'): CatchUpWatch {
    return new CatchUpWatch(this.#metrics, this.traces?.catchUp(channel, why));
  }

  /** A payload of another service that no client may see. */
  invalidPayload(stream: StreamName, reason: string): void {
    this.#metrics.payloadsRefused.addOther(reason);
    this.#rarely(`invalidPayload ${stream} ${reason}`, (count) => {
      this.#logger.warn({ stream, reason, count }, 'payload refused');
    });
  }

  gapFound(stream: StreamName): void {
    this.#metrics.gaps.add(familyOf(stream));
    this.#logger.debug({ stream }, 'gap found');
  }

  catchUpFailed(stream: StreamName, error: unknown): void {
    this.#metrics.catchUpFailures.add(familyOf(stream));
    this.#rarely(`catchUpFailed ${stream}`, (count) => {
      this.#logger.warn({ stream, error: describe(error), count }, 'catch-up failed, trying again');
    });
  }

  streamRead(stream: StreamName): void {
    this.#metrics.streamReads.add(familyOf(stream));
    this.#logger.trace({ stream }, 'stream read');
  }

  stateFailed(sessionId: string, error: unknown): void {
    this.#metrics.stateFailures.add();
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
    this.#metrics.errors.add('handler_failed');
    this.#metrics.handlersFailed.add();
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

/** Streams over HTTP are told apart from sockets, and counted by the same metrics. */
function connectionTypeOf({ kind, via }: ConnectionIds): ConnectionType {
  return via === 'sse' ? `sse_${kind}` : kind;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
