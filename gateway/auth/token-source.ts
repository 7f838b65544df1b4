import { SUB_PROTOCOL } from '../../shared/socket-protocol/limits.ts';

/** What a request says, copied from it. A missing query or header is the empty string. */
export interface RequestCredentials {
  /** Without the question mark. */
  readonly query: string;
  readonly authorization: string;
  /** `Sec-WebSocket-Protocol`; always empty for plain HTTP. */
  readonly subProtocols: string;
}

export interface TokenSource {
  readonly token: string | undefined;
  /** What the answer to the upgrade selects; undefined selects none. Never the token. */
  readonly subProtocol: string | undefined;
  /** The parameter as given, also when empty: whether it is a cursor is another's question. */
  readonly since: string | undefined;
}

const BEARER = 'bearer';
const BEARER_HEADER = /^bearer +(\S.*)$/i;

/**
 * Where the token of a request is. Precedence: `Authorization`, then the sub-protocol pair, then `?token`.
 * The first two are set by the client's own code; the query can be planted by whoever made the link, and
 * must not put another's identity over the one the client meant.
 *
 * Of a parameter given twice the first counts. Broken percent-encoding stays as it is, and so ends as an
 * invalid token or cursor. Headers of another shape (`Authorization: Basic`, `bearer` alone) hold no token.
 */
export function readTokenSource({ query, authorization, subProtocols }: RequestCredentials): TokenSource {
  const parameters = new URLSearchParams(query);
  const offered = subProtocols
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const paired = pairedToken(offered);
  return {
    token: headerToken(authorization) ?? paired ?? nonEmpty(parameters.get('token')),
    subProtocol: selectSubProtocol(offered, paired !== undefined),
    since: parameters.get('since') ?? undefined,
  };
}

function headerToken(authorization: string): string | undefined {
  return BEARER_HEADER.exec(authorization.trim())?.[1];
}

/** The token of the pair `bearer, <token>`, which browsers use because they can't set headers. */
function pairedToken(offered: readonly string[]): string | undefined {
  const at = offered.indexOf(BEARER);
  const token = at === -1 ? undefined : offered[at + 1];
  return token === SUB_PROTOCOL ? undefined : token;
}

function selectSubProtocol(offered: readonly string[], hasPair: boolean): string | undefined {
  if (offered.includes(SUB_PROTOCOL)) return SUB_PROTOCOL;
  return hasPair ? BEARER : undefined;
}

function nonEmpty(value: string | null): string | undefined {
  return value === null || value === '' ? undefined : value;
}
