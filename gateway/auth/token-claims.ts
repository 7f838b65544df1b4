import { InvalidTokenError } from './invalid-token-error.ts';
import type { Principal } from './principal.ts';

/** For `exp` and `nbf`, and so for everything else that compares a token's time with ours. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** Revocations are remembered for so much longer than the longest lifetime. */
export const REVOCATION_MARGIN_HOURS = 1;

/**
 * The claims of a token whose signature, times, issuer and audience are already checked, as a principal.
 * Claims that only describe (`name`, `jti`, lists of ids) never make a token invalid: wrong ones count as none.
 *
 * @throws InvalidTokenError `claims`, `refresh` or `lifetime`
 */
export function principalOf(
  claims: Readonly<Record<string, unknown>>,
  nowMs: number,
  maxLifetimeHours: number,
): Principal {
  const { sub, exp, iat, jti, name, type, sessions, investigations } = claims;
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number') throw new InvalidTokenError('claims');
  if (type === 'refresh') throw new InvalidTokenError('refresh');
  const issuedAtSeconds = typeof iat === 'number' ? iat : undefined;
  if (livesTooLong(exp, issuedAtSeconds, nowMs / 1000, maxLifetimeHours))
    throw new InvalidTokenError('lifetime');
  return {
    sub,
    name: textOrNone(name),
    // Some issuers number their tokens; as text they can still be revoked one by one.
    jti: typeof jti === 'number' ? String(jti) : textOrNone(jti),
    issuedAtSeconds,
    expiresAtMs: exp * 1000,
    sessions: idsOf(sessions),
    investigations: idsOf(investigations),
  };
}

/**
 * Also near its end: a token that had a longer life from its beginning could be good again after a revocation of
 * its first hours is forgotten. One without `iat` does not tell.
 */
function livesTooLong(
  exp: number,
  issuedAtSeconds: number | undefined,
  nowSeconds: number,
  maxLifetimeHours: number,
): boolean {
  if (exp > nowSeconds + maxLifetimeHours * 3600 + CLOCK_TOLERANCE_SECONDS) return true;
  if (issuedAtSeconds === undefined) return false;
  const rememberedUntil = issuedAtSeconds + (maxLifetimeHours + REVOCATION_MARGIN_HOURS) * 3600;
  return exp + CLOCK_TOLERANCE_SECONDS > rememberedUntil;
}

/** Of most tokens, and so of most sockets. */
const NONE: readonly string[] = [];

/** A claim that lists ids: an array of strings or a single one. A mixed array is a mistake and grants nothing. */
function idsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim];
  if (!Array.isArray(claim)) return NONE;
  const ids = claim.filter((entry: unknown) => typeof entry === 'string');
  return ids.length === claim.length ? ids : NONE;
}

function textOrNone(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}
