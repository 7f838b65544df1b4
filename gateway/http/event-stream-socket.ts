import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { encodeEvent, type ServerEventData } from '../../shared/socket-protocol/server-events.ts';
import { errorAnswer } from './error-answer.ts';
import type { Frame, HttpAnswer, HttpStream, Socket } from '../transport/transport.ts';
import { encodeSse } from './encode-sse.ts';

const HEAD = {
  status: 200,
  headers: {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // Nginx would gather an answer's pieces otherwise.
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
  },
  filler: ':\n\n',
};
/** Readers come back after this, spread, so that those of a gateway that went away are no storm. */
const RETRY_MS = 1_000;
/** The connection broke, or was cut. */
const BROKEN = 1006;

/**
 * A reader of Server-Sent Events in the place of a socket: what is sent becomes its events, and a close
 * before the first of them an HTTP status, after it an `error` event.
 */
export class EventStreamSocket implements Socket {
  readonly #stream: HttpStream;
  readonly #channel: string;
  #begun = false;
  #endCode = BROKEN;

  /** @param channel the one whose cursors become event ids */
  constructor(stream: HttpStream, channel: string) {
    this.#stream = stream;
    this.#channel = channel;
  }

  /** The close code that tells how it ended. */
  get endCode(): number {
    return this.#endCode;
  }

  bufferedBytes(): number {
    return this.#stream.bufferedBytes();
  }

  send(frames: readonly Frame[]): void {
    const events = frames.map((frame) => encodeSse(frame, this.#channel));
    if (this.#begun) this.#stream.write(events);
    else {
      this.#begun = true;
      this.#stream.begin(HEAD);
      const retryMs = Math.round(RETRY_MS * (1 + 2 * Math.random()));
      this.#stream.write([`retry: ${String(retryMs)}\n`, ...events]);
    }
  }

  close(reason: CloseReason): void {
    this.#endCode = reason.code;
    if (!this.#begun) this.#stream.refuse(refusalOf(reason));
    else if (reason === CloseReason.tooSlow) this.#stream.cut();
    else {
      this.send([encodeEvent('error', endOf(reason))]);
      this.#stream.end();
    }
  }

  cut(): void {
    this.#stream.cut();
  }
}

/** How a stream is refused that was not begun. */
export function refusalOf(reason: CloseReason): HttpAnswer {
  switch (reason) {
    case CloseReason.invalidAuthentication:
    case CloseReason.tokenExpired:
    case CloseReason.revoked:
      return errorAnswer(401, 'UNAUTHORIZED', 'Autenticação inválida');
    case CloseReason.forbidden:
      return errorAnswer(403, 'FORBIDDEN', 'Acesso negado');
    case CloseReason.goingAway:
    case CloseReason.overloaded:
    case CloseReason.tooSlow:
      return errorAnswer(503, 'UNAVAILABLE', 'Serviço temporariamente indisponível');
    default:
      return errorAnswer(500, 'INTERNAL', 'Erro interno');
  }
}

/** The last event of a stream that the gateway ends. */
function endOf(reason: CloseReason): ServerEventData<'error'> {
  switch (reason) {
    case CloseReason.tokenExpired:
      return { code: 'TOKEN_EXPIRED', message: 'Token expirado', retryable: false };
    case CloseReason.revoked:
      return { code: 'REVOKED', message: 'Acesso revogado', retryable: false };
    case CloseReason.forbidden:
      return { code: 'FORBIDDEN', message: 'Acesso negado', retryable: false };
    case CloseReason.goingAway:
    case CloseReason.overloaded:
      return { code: 'UNAVAILABLE', message: 'Serviço temporariamente indisponível', retryable: true };
    default:
      return { code: 'INTERNAL', message: 'Erro interno', retryable: true };
  }
}
