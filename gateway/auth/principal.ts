/** Who a verified token says is speaking, and what it lets them see. Made once, when the token is checked. */
export interface Principal {
  /** Never empty. */
  readonly sub: string;
  readonly name: string | undefined;
  readonly jti: string | undefined;
  readonly issuedAtSeconds: number | undefined;
  /** The token's `exp` in milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /** Foreign sessions this token may enter; `*` stands for all. */
  readonly sessions: readonly string[];
  /** Investigations this token may see where they aren't public; `*` stands for all. */
  readonly investigations: readonly string[];
}

export type InvestigationAccess = 'public' | 'claim';

/** In a claim: every id. Only as an entry of its own, never as part of a pattern. */
const EVERY_ID = '*';

/**
 * Whether a socket may be in a session. `ownerSub` is the session's owner, undefined while it has none (or
 * where nothing is owned, with `AUTH_MODE=off`): such a session is open to whoever knows its id.
 */
export function maySeeSession(
  principal: Principal | undefined,
  sessionId: string,
  ownerSub: string | undefined,
): boolean {
  if (ownerSub === undefined) return true;
  if (principal === undefined) return false;
  return principal.sub === ownerSub || names(principal.sessions, sessionId);
}

/** Whether a socket may see an investigation's events, by `INVESTIGATION_ACCESS`. */
export function maySeeInvestigation(
  principal: Principal | undefined,
  investigationId: string,
  access: InvestigationAccess,
): boolean {
  switch (access) {
    case 'public':
      return true;
    case 'claim':
      return principal !== undefined && names(principal.investigations, investigationId);
  }
}

function names(claimedIds: readonly string[], id: string): boolean {
  return claimedIds.includes(EVERY_ID) || claimedIds.includes(id);
}
