import { isIdentifier } from '../../shared/socket-protocol/identifiers.ts';
import { decodeCursor, type Position } from '../../shared/channel/position.ts';
import type { OriginCheck } from '../auth/origin.ts';
import { readTokenSource } from '../auth/token-source.ts';
import type { GatewayEvents, SocketKind, Via } from '../events.ts';
import { errorAnswer } from '../http/error-answer.ts';
import type { HttpAnswer, RequestFacts } from '../transport/transport.ts';

/** What a client asked for with an upgrade that was let in. */
export interface Admitted {
  readonly kind: SocketKind;
  readonly via: Door;
  /** Of the session or the investigation. */
  readonly id: string;
  readonly token: string | undefined;
  readonly since: Position | undefined;
  readonly subProtocol: string | undefined;
  /** What limits count the client by. */
  readonly addressKey: string;
}

/** The state of the gateway that an upgrade depends on. */
export interface Capacity {
  readonly draining: boolean;
  readonly brokerAnswers: boolean;
  readonly isFull: boolean;
  addressIsFull(addressKey: string): boolean;
  sessionIsFull(sessionId: string): boolean;
}

/** Who asks, by the client's own address and not a proxy's. */
export type AddressKeyOf = (request: RequestFacts) => string;

/** How events are followed: by a socket, or as Server-Sent Events. */
export type Door = Exclude<Via, 'http'>;

const PATHS: readonly { readonly kind: SocketKind; readonly prefix: string }[] = [
  { kind: 'chat', prefix: '/chat/' },
  { kind: 'investigation', prefix: '/investigations/' },
];
const API_PREFIX = '/api/v1';

/** Decides a request from its copied facts alone: an upgrade is answered before uWS frees it. */
export function admit(
  door: Door,
  request: RequestFacts,
  isAllowedOrigin: OriginCheck,
  addressKeyOf: AddressKeyOf,
  capacity: Capacity,
  events: GatewayEvents,
): Admitted | HttpAnswer {
  const refuse = (status: number, code: string, message: string): HttpAnswer => {
    events.upgradeRefused(code);
    return errorAnswer(status, code, message);
  };
  const target = targetOf(request.path, door);
  if (target === undefined) return refuse(404, 'NOT_FOUND', 'Caminho desconhecido');
  if (!isIdentifier(target.id)) return refuse(400, 'INVALID_ID', 'Identificador inválido');
  const { token, subProtocol, since: parameter } = readTokenSource(request);
  // The address of a stream stays as it was when its reader comes back with a later position.
  const since = door === 'sse' && request.lastEventId !== '' ? request.lastEventId : parameter;
  const position = since === undefined ? undefined : decodeCursor(since);
  if (since !== undefined && position === undefined) {
    return refuse(400, 'INVALID_PARAMETER', 'Parâmetro since inválido');
  }
  if (!isAllowedOrigin(request.origin)) return refuse(403, 'FORBIDDEN', 'Origem não permitida');
  const addressKey = addressKeyOf(request);
  if (capacity.addressIsFull(addressKey)) {
    return refuse(429, 'TOO_MANY_CONNECTIONS', 'Muitas conexões deste endereço');
  }
  const sessionIsFull = target.kind === 'chat' && capacity.sessionIsFull(target.id);
  if (capacity.draining || !capacity.brokerAnswers || capacity.isFull || sessionIsFull) {
    return refuse(503, 'UNAVAILABLE', 'Serviço temporariamente indisponível');
  }
  return { ...target, via: door, token, since: position, subProtocol, addressKey };
}

function targetOf(path: string, door: Door): { kind: SocketKind; id: string } | undefined {
  const bare = path.startsWith(`${API_PREFIX}/`) ? path.slice(API_PREFIX.length) : path;
  for (const { kind, prefix } of PATHS) {
    const start = `/${door}${prefix}`;
    if (bare.startsWith(start)) return { kind, id: bare.slice(start.length) };
  }
  return undefined;
}
