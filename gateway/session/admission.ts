import { isIdentifier } from '../../shared/socket-protocol/identifiers.ts';
import { decodeCursor, type Position } from '../../shared/channel/position.ts';
import type { OriginCheck } from '../auth/origin.ts';
import { readTokenSource } from '../auth/token-source.ts';
import type { GatewayEvents, SocketKind } from '../events.ts';
import type { HttpAnswer, RequestFacts } from '../transport/transport.ts';

/** What a client asked for with an upgrade that was let in. */
export interface Admitted {
  readonly kind: SocketKind;
  /** Of the session or the investigation. */
  readonly id: string;
  readonly token: string | undefined;
  readonly since: Position | undefined;
  readonly subProtocol: string | undefined;
}

/** The state of the gateway that an upgrade depends on. */
export interface Capacity {
  readonly draining: boolean;
  readonly brokerAnswers: boolean;
  readonly connections: number;
  readonly maxConnections: number;
}

const PATHS: readonly { readonly kind: SocketKind; readonly prefix: string }[] = [
  { kind: 'chat', prefix: '/ws/chat/' },
  { kind: 'investigation', prefix: '/ws/investigations/' },
];
const API_PREFIX = '/api/v1';
const RETRY_AFTER_SECONDS = 5;

/** Decides an upgrade from its copied facts alone: the answer is given before uWS frees the request. */
export function admit(
  request: RequestFacts,
  isAllowedOrigin: OriginCheck,
  capacity: Capacity,
  events: GatewayEvents,
): Admitted | HttpAnswer {
  const refuse = (status: number, code: string, message: string): HttpAnswer => {
    events.upgradeRefused(code);
    return errorAnswer(status, code, message);
  };
  const target = targetOf(request.path);
  if (target === undefined) return refuse(404, 'NOT_FOUND', 'Caminho desconhecido');
  if (!isIdentifier(target.id)) return refuse(400, 'INVALID_ID', 'Identificador inválido');
  const { token, subProtocol, since } = readTokenSource(request);
  const position = since === undefined || since === '' ? undefined : decodeCursor(since);
  if (since !== undefined && since !== '' && position === undefined) {
    return refuse(400, 'INVALID_PARAMETER', 'Parâmetro since inválido');
  }
  if (!isAllowedOrigin(request.origin)) return refuse(403, 'FORBIDDEN', 'Origem não permitida');
  if (capacity.draining || !capacity.brokerAnswers || capacity.connections >= capacity.maxConnections) {
    return refuse(503, 'UNAVAILABLE', 'Serviço temporariamente indisponível');
  }
  return { ...target, token, since: position, subProtocol };
}

/** The body every refused request gets. */
export function errorAnswer(status: number, code: string, message: string): HttpAnswer {
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      ...(status === 429 || status === 503 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {}),
    },
    body: JSON.stringify({ error: { code, message } }),
  };
}

function targetOf(path: string): { kind: SocketKind; id: string } | undefined {
  const bare = path.startsWith(`${API_PREFIX}/`) ? path.slice(API_PREFIX.length) : path;
  for (const { kind, prefix } of PATHS) {
    if (bare.startsWith(prefix)) return { kind, id: bare.slice(prefix.length) };
  }
  return undefined;
}
