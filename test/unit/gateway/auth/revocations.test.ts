import { describe, expect, test } from 'vitest';
import type { Principal } from '../../../../gateway/auth/principal.ts';
import { Revocations, coversSocket, coversToken } from '../../../../gateway/auth/revocations.ts';
import { NOW_MS, NOW_SECONDS } from './signed-token.ts';

const HOUR_MS = 3_600_000;
const LIFETIME_HOURS = 24;

function principal(changes: Partial<Principal> = {}): Principal {
  return {
    sub: 'maria',
    name: undefined,
    jti: 't-1',
    issuedAtSeconds: NOW_SECONDS - 60,
    expiresAtMs: NOW_MS + HOUR_MS,
    sessions: [],
    investigations: [],
    ...changes,
  };
}

/** Revocations with a clock that the test moves. */
function withClock(): { revocations: Revocations; moveTo: (ms: number) => void } {
  let nowMs = NOW_MS;
  const moveTo = (ms: number): void => {
    nowMs = ms;
  };
  return { revocations: new Revocations(LIFETIME_HOURS, () => nowMs), moveTo };
}

describe('which tokens a revocation covers', () => {
  test.each<[string, Parameters<typeof coversToken>[0], Partial<Principal>, boolean]>([
    ['the token id', { jti: 't-1' }, {}, true],
    ['the token id, whenever issued', { jti: 't-1' }, { issuedAtSeconds: NOW_SECONDS + 3 }, true],
    ['another token id', { jti: 't-2' }, {}, false],
    ['a token without id', { jti: 't-1' }, { jti: undefined }, false],
    ['an empty message and a token without id', {}, { jti: undefined }, false],
    ['the sub, issued before', { sub: 'maria' }, {}, true],
    ['the sub, without iat', { sub: 'maria' }, { issuedAtSeconds: undefined }, true],
    ['the sub, of the same second', { sub: 'maria' }, { issuedAtSeconds: NOW_SECONDS }, true],
    ['the sub, issued after', { sub: 'maria' }, { issuedAtSeconds: NOW_SECONDS + 1 }, false],
    ['the sub, issued in the far future', { sub: 'maria' }, { issuedAtSeconds: NOW_SECONDS + 3600 }, true],
    ['another sub', { sub: 'joão' }, {}, false],
    ['a session', { session_id: 's1' }, {}, false],
    ['both, one fitting', { sub: 'joão', jti: 't-1' }, {}, true],
  ])('%s', (_name, message, changes, covered) => {
    const who = principal(changes);
    expect(coversToken(message, NOW_MS + 400, who, NOW_MS + 900)).toBe(covered);
    const { revocations, moveTo } = withClock();
    revocations.apply(message, NOW_MS + 400);
    moveTo(NOW_MS + 900);
    expect(revocations.isRevoked(who)).toBe(covered);
  });
});

describe('which sockets a revocation closes', () => {
  test.each<[string, Parameters<typeof coversSocket>[0], Principal | undefined, boolean]>([
    ['any socket of the session', { session_id: 's1' }, principal(), true],
    ['an anonymous socket of the session', { session_id: 's1' }, undefined, true],
    ['not one of another session', { session_id: 's2' }, principal(), false],
    ['one of the sub', { sub: 'maria' }, principal(), true],
    ['no anonymous socket for a sub', { sub: 'maria' }, undefined, false],
    ['no anonymous socket for an empty message', {}, undefined, false],
    ['one with the token', { jti: 't-1' }, principal(), true],
  ])('%s', (_name, message, who, covered) => {
    expect(coversSocket(message, NOW_MS, { principal: who, sessionId: 's1' }, NOW_MS)).toBe(covered);
  });
});

describe('Revocations', () => {
  test('of a sub the latest time counts, in whatever order they come', () => {
    const issuedBetween = principal({ issuedAtSeconds: NOW_SECONDS - 100 });
    for (const times of [
      [NOW_MS - 200_000, NOW_MS - 50_000],
      [NOW_MS - 50_000, NOW_MS - 200_000],
    ]) {
      const { revocations } = withClock();
      for (const atMs of times) revocations.apply({ sub: 'maria' }, atMs);
      expect(revocations.isRevoked(issuedBetween)).toBe(true);
      expect(revocations.size).toBe(1);
    }
    const { revocations } = withClock();
    revocations.apply({ sub: 'maria' }, NOW_MS - 200_000);
    expect(revocations.isRevoked(issuedBetween)).toBe(false);
  });

  test('a session closes once and refuses nothing', () => {
    const { revocations } = withClock();
    revocations.apply({ session_id: 's1' }, NOW_MS);
    expect(revocations.size).toBe(0);
    expect(revocations.isRevoked(principal())).toBe(false);
  });

  test.each([
    ['sub', { sub: 'maria' }],
    ['jti', { jti: 't-1' }],
  ])('an entry by %s lasts for the longest lifetime and an hour, from its own time', (_name, message) => {
    const { revocations, moveTo } = withClock();
    const revokedAtMs = NOW_MS - 2 * HOUR_MS;
    revocations.apply(message, revokedAtMs);
    const endMs = revokedAtMs + (LIFETIME_HOURS + 1) * HOUR_MS;
    const old = principal({ issuedAtSeconds: undefined });
    moveTo(endMs - 1);
    expect(revocations.isRevoked(old)).toBe(true);
    moveTo(endMs);
    expect(revocations.isRevoked(old)).toBe(false);
  });

  test('a message that is already over when it is read again leaves nothing', () => {
    const { revocations } = withClock();
    revocations.apply({ sub: 'maria' }, NOW_MS - (LIFETIME_HOURS + 1) * HOUR_MS);
    expect(revocations.size).toBe(0);
  });

  test('entries that are over are let go with a later message', () => {
    const { revocations, moveTo } = withClock();
    for (let n = 0; n < 100; n += 1) revocations.apply({ sub: `u${n}`, jti: `t${n}` }, NOW_MS);
    expect(revocations.size).toBe(200);
    const laterMs = NOW_MS + (LIFETIME_HOURS + 1) * HOUR_MS;
    moveTo(laterMs);
    revocations.apply({ sub: 'maria' }, laterMs);
    expect(revocations.size).toBe(1);
  });
});
