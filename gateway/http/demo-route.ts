import { demoRequest } from '../../shared/bus-protocol/demo.ts';
import { parseBoundedJson } from '../../shared/socket-protocol/decode-frame.ts';
import type { OriginCheck } from '../auth/origin.ts';
import type { HttpAnswer, HttpReply, RequestFacts } from '../transport/transport.ts';
import { errorAnswer } from './error-answer.ts';

const PATH = '/api/v1/demo';
const MAX_BODY_BYTES = 1_024;

export interface DemoDoor {
  readonly isAllowedOrigin: OriginCheck;
  /** Tells whoever plays demos to play one as this investigation. */
  readonly play: (investigationId: string) => void;
}

/**
 * `POST /api/v1/demo` with `{investigation_id}` starts the demo investigation; undefined for every other path.
 * It is for development: a gateway in production has no such path.
 */
export function createDemoRoute(door: DemoDoor): (request: RequestFacts) => HttpReply | undefined {
  return ({ path, method, origin }) => {
    if (path !== PATH) return undefined;
    if (method !== 'POST') return errorAnswer(405, 'METHOD_NOT_ALLOWED', 'Método não permitido');
    if (!door.isAllowedOrigin(origin)) return errorAnswer(403, 'FORBIDDEN', 'Origem não permitida');
    return {
      headers: {},
      maxBodyBytes: MAX_BODY_BYTES,
      answer: (body) => Promise.resolve(answer(door, body)),
    };
  };
}

function answer(door: DemoDoor, body: Uint8Array | undefined): HttpAnswer {
  if (body === undefined) return errorAnswer(413, 'MESSAGE_TOO_BIG', 'Mensagem grande demais');
  const request = demoRequest.safeParse(readJson(body));
  if (!request.success) return errorAnswer(400, 'INVALID_ID', 'Identificador inválido');
  const { investigation_id } = request.data;
  door.play(investigation_id);
  return {
    status: 202,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify({ investigation_id }),
  };
}

function readJson(body: Uint8Array): unknown {
  try {
    return parseBoundedJson(body);
  } catch {
    return undefined; // No JSON is no request.
  }
}
