import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { UnavailableError } from '../../shared/bus/bus-errors.ts';
import { parseClientMessage } from '../../shared/socket-protocol/client-messages.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { parseBoundedJson } from '../../shared/socket-protocol/decode-frame.ts';
import { isIdentifier, requestIdOf } from '../../shared/socket-protocol/identifiers.ts';
import { ProtocolError, type ErrorCode } from '../../shared/socket-protocol/protocol-error.ts';
import type { OriginCheck } from '../auth/origin.ts';
import { readTokenSource } from '../auth/token-source.ts';
import type { GatewayConfig } from '../config.ts';
import { runChat } from '../inbound/chat.ts';
import { RateLimits } from '../inbound/rate-limits.ts';
import type { AddressKeyOf } from '../session/admission.ts';
import type { ChatRequestDraft } from '../session/chat-queue.ts';
import { Connection } from '../session/connection.ts';
import type { ConnectionHouse } from '../session/connection-house.ts';
import type { OpenContext } from '../session/open-connection.ts';
import type { Session } from '../session/session.ts';
import type { HttpAnswer, HttpReply, RequestFacts } from '../transport/transport.ts';
import { AskSocket } from './ask-socket.ts';
import { errorAnswer } from './error-answer.ts';
import { refusalOf } from './event-stream-socket.ts';

export interface AskDoorOptions {
  readonly open: OpenContext;
  readonly config: GatewayConfig;
  readonly isAllowedOrigin: OriginCheck;
  readonly addressKeyOf: AddressKeyOf;
  readonly house: ConnectionHouse;
  /** Whether nothing new is taken in at the moment. */
  readonly isShut: () => boolean;
}

const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  INVALID_MESSAGE: 400,
  UNKNOWN_TYPE: 400,
  INVALID_ID: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RATE_LIMIT: 429,
  LIMIT: 429,
  UNAVAILABLE: 503,
  CHAT_FAILED: 500,
};

const question = z.record(z.string(), z.unknown());

/**
 * Takes chats that come by one HTTP request each. Who asks takes part in the session, without hearing
 * anything, until the chat has ended: so it counts as running, as one of a socket does.
 */
export class AskDoor {
  readonly #options: AskDoorOptions;
  readonly #rates: RateLimits;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: AskDoorOptions) {
    this.#options = options;
    this.#rates = new RateLimits(options.config.RATE_LIMIT_PER_SECOND);
  }

  ask(request: RequestFacts, sessionId: string): HttpReply {
    const { config, isAllowedOrigin, isShut } = this.#options;
    if (!isIdentifier(sessionId)) return errorAnswer(400, 'INVALID_ID', 'Identificador inválido');
    if (!isAllowedOrigin(request.origin)) return errorAnswer(403, 'FORBIDDEN', 'Origem não permitida');
    if (isShut()) return refusalOf(CloseReason.overloaded);
    return {
      headers: {},
      maxBodyBytes: config.MAX_MESSAGE_BYTES,
      answer: (body) => this.#track(this.#answer(request, sessionId, body)),
    };
  }

  /** Resolves when everybody who asked has been answered. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #answer(request: RequestFacts, sessionId: string, body: Uint8Array | undefined): Promise<HttpAnswer> {
    if (body === undefined) return errorAnswer(413, 'MESSAGE_TOO_BIG', 'Mensagem grande demais');
    const socket = new AskSocket();
    const connection = this.#connect(request, sessionId, socket);
    const deadline = setTimeout(() => {
      connection.close(CloseReason.overloaded);
    }, this.#options.config.HANDSHAKE_TIMEOUT_MS);
    try {
      return await Promise.race([
        this.#take(request, connection, body, socket),
        socket.closed.then((reason) => refused(reason, socket)),
      ]);
    } catch (error) {
      this.#letGo(connection);
      return this.#failureOf(error, connection, socket);
    } finally {
      clearTimeout(deadline);
    }
  }

  #connect(request: RequestFacts, sessionId: string, socket: AskSocket): Connection {
    const { addressKeyOf, house } = this.#options;
    const connection = new Connection(
      { kind: 'chat', via: 'http', sessionId, addressKey: addressKeyOf(request), knowsProtocol: true },
      socket,
      house,
    );
    void socket.closed.then(() => {
      this.#letGo(connection);
    });
    return connection;
  }

  /** Resolves when the chat is accepted. @throws ProtocolError, UnavailableError */
  async #take(
    request: RequestFacts,
    connection: Connection,
    body: Uint8Array,
    socket: AskSocket,
  ): Promise<HttpAnswer> {
    const { access, sessions } = this.#options.open;
    const { token } = readTokenSource(request);
    const isLetIn = await access.authenticate(connection, token);
    if (isLetIn) this.#rates.take(connection.chatKey);
    const draft = isLetIn ? this.#draft(request, connection, body) : undefined;
    socket.requestId = draft?.requestId;
    const session =
      draft === undefined
        ? undefined
        : await sessions.enter(connection, (entered) => access.enter(connection, entered));
    // Closed on the way: why is told by its socket.
    if (draft === undefined || session === undefined) return new Promise(() => undefined);
    await this.#accept(connection, session, draft);
    return accepted(draft.requestId);
  }

  /** @throws ProtocolError `INVALID_MESSAGE` */
  #draft(request: RequestFacts, connection: Connection, body: Uint8Array): ChatRequestDraft {
    const { events } = this.#options.open;
    const asked = question.safeParse(parseBoundedJson(body));
    if (!asked.success) throw new ProtocolError('INVALID_MESSAGE', { cause: asked.error });
    const message = parseClientMessage({ type: 'chat', id: asked.data['id'], data: asked.data });
    if (message.type !== 'chat') throw new ProtocolError('UNKNOWN_TYPE');
    events.messageReceived('chat');
    const requestId = message.id === undefined ? randomUUID() : requestIdOf(message.id);
    const { sessionId } = connection;
    const traceparent = request.traceparent === '' ? message.data.traceparent : request.traceparent;
    return {
      requestId,
      named: message.id !== undefined,
      message: message.data.message,
      agentId: message.data.agentId,
      receivedAtMs: performance.now(),
      trace: events.traces?.chat({ connectionId: connection.id, sessionId, requestId, traceparent }),
    };
  }

  async #accept(connection: Connection, session: Session, draft: ChatRequestDraft): Promise<void> {
    const { inbound } = this.#options.open;
    await new Promise<void>((resolve, reject) => {
      connection.whenClosed(() => {
        draft.trace?.end();
      });
      void runChat(inbound, connection, session, draft, resolve)
        .then(resolve, (error: unknown) => {
          draft.trace?.fail(error);
          reject(error instanceof Error ? error : new Error(String(error)));
        })
        .finally(() => {
          this.#letGo(connection);
        });
    });
  }

  #letGo(connection: Connection): void {
    connection.markClosed();
    this.#options.open.sessions.leave(connection);
  }

  /** @throws what nobody foresaw */
  #failureOf(error: unknown, connection: Connection, socket: AskSocket): HttpAnswer {
    const { events } = this.#options.open;
    if (error instanceof ProtocolError) {
      events.clientError(error.code, connection.id);
      return errorAnswer(STATUS_OF[error.code], error.code, error.message, error);
    }
    events.openFailed(error);
    if (error instanceof UnavailableError) return refused(CloseReason.overloaded, socket);
    throw error;
  }

  async #track(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
    }
  }
}

/** Whether the chat is queued may not be known: who asks again has to say that it is the same. */
function refused(reason: CloseReason, { requestId }: AskSocket): HttpAnswer {
  if (reason !== CloseReason.overloaded || requestId === undefined) return refusalOf(reason);
  const { code, message } = new ProtocolError('UNAVAILABLE');
  return errorAnswer(STATUS_OF[code], code, message, { requestId });
}

function accepted(requestId: string): HttpAnswer {
  return {
    status: 202,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify({ request_id: requestId }),
  };
}
