import type { Principal } from './principal.ts';
import { CLOCK_TOLERANCE_SECONDS, REVOCATION_MARGIN_HOURS } from './token-claims.ts';

/** What an operator wrote to `control.revoke`; normally one of the three. */
export interface RevokeMessage {
  readonly sub?: string | undefined;
  readonly jti?: string | undefined;
  readonly session_id?: string | undefined;
}

const HOUR_MS = 3_600_000;

/**
 * Whether a revocation made at `revokedAtMs` is about this principal's token. A token says only the second it
 * was issued in, so one of the very second of the revocation counts as issued before it, like one without
 * `iat`, and like one from the future, which could otherwise never be revoked.
 */
export function coversToken(
  message: RevokeMessage,
  revokedAtMs: number,
  principal: Principal,
  nowMs: number,
): boolean {
  if (message.jti !== undefined && message.jti === principal.jti) return true;
  return message.sub === principal.sub && wasIssuedBy(revokedAtMs, principal.issuedAtSeconds, nowMs);
}

/** Whether a socket is to be closed for it. One without a token can only be meant by its session. */
export function coversSocket(
  message: RevokeMessage,
  revokedAtMs: number,
  socket: { readonly principal: Principal | undefined; readonly sessionId: string },
  nowMs: number,
): boolean {
  if (message.session_id !== undefined && message.session_id === socket.sessionId) return true;
  return socket.principal !== undefined && coversToken(message, revokedAtMs, socket.principal, nowMs);
}

/**
 * What is revoked at the moment. Messages may come again and in any order (a gateway reads the old ones when
 * it starts): of a `sub` the latest time counts. An entry is forgotten when every token it was about has
 * expired, counting from the message's own time. `session_id` is not kept: it closes once, refuses nothing.
 */
export class Revocations {
  readonly #keepMs: number;
  readonly #clock: () => number;
  readonly #bySub = new Map<string, number>();
  readonly #byJti = new Map<string, number>();
  #nextSweepAtMs = 0;

  /** @param clock milliseconds since the epoch */
  constructor(maxTokenLifetimeHours: number, clock: () => number = Date.now) {
    this.#keepMs = (maxTokenLifetimeHours + REVOCATION_MARGIN_HOURS) * HOUR_MS;
    this.#clock = clock;
  }

  /** How many subs and token ids are kept. */
  get size(): number {
    return this.#bySub.size + this.#byJti.size;
  }

  /** @param revokedAtMs the time the message was stored, in milliseconds since the epoch */
  apply(message: RevokeMessage, revokedAtMs: number): void {
    this.#sweep();
    if (this.#isOver(revokedAtMs)) return;
    if (message.sub !== undefined) keepLatest(this.#bySub, message.sub, revokedAtMs);
    if (message.jti !== undefined) keepLatest(this.#byJti, message.jti, revokedAtMs);
  }

  isRevoked({ sub, jti, issuedAtSeconds }: Principal): boolean {
    const jtiRevokedAtMs = jti === undefined ? undefined : this.#byJti.get(jti);
    if (jtiRevokedAtMs !== undefined && !this.#isOver(jtiRevokedAtMs)) return true;
    const subRevokedAtMs = this.#bySub.get(sub);
    if (subRevokedAtMs === undefined || this.#isOver(subRevokedAtMs)) return false;
    return wasIssuedBy(subRevokedAtMs, issuedAtSeconds, this.#clock());
  }

  #isOver(revokedAtMs: number): boolean {
    return this.#clock() - revokedAtMs >= this.#keepMs;
  }

  /** Hourly at most, so that replaying many messages stays linear. */
  #sweep(): void {
    const nowMs = this.#clock();
    if (nowMs < this.#nextSweepAtMs) return;
    this.#nextSweepAtMs = nowMs + HOUR_MS;
    for (const entries of [this.#bySub, this.#byJti]) {
      for (const [key, revokedAtMs] of entries) if (this.#isOver(revokedAtMs)) entries.delete(key);
    }
  }
}

function keepLatest(entries: Map<string, number>, key: string, atMs: number): void {
  entries.set(key, Math.max(atMs, entries.get(key) ?? atMs));
}

function wasIssuedBy(atMs: number, issuedAtSeconds: number | undefined, nowMs: number): boolean {
  if (issuedAtSeconds === undefined) return true;
  if (issuedAtSeconds > nowMs / 1000 + CLOCK_TOLERANCE_SECONDS) return true;
  return issuedAtSeconds * 1000 <= atMs;
}
