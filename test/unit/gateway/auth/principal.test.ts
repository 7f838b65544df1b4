import { describe, expect, test } from 'vitest';
import { maySeeInvestigation, maySeeSession } from '../../../../gateway/auth/principal.ts';
import type { Principal } from '../../../../gateway/auth/principal.ts';

function principal(changes: Partial<Principal> = {}): Principal {
  return {
    sub: 'maria',
    name: undefined,
    jti: undefined,
    issuedAtSeconds: undefined,
    expiresAtMs: 0,
    sessions: [],
    investigations: [],
    ...changes,
  };
}

describe('maySeeSession', () => {
  test.each([
    ['anonymous, a session without owner', undefined, undefined, true],
    ['a user, a session without owner', principal(), undefined, true],
    ['the owner', principal(), 'maria', true],
    ['another user', principal(), 'joão', false],
    ['anonymous, an owned session', undefined, 'joão', false],
    ['another user with the id in the claim', principal({ sessions: ['s0', 's1'] }), 'joão', true],
    ['another user with other ids in the claim', principal({ sessions: ['s', 's10', 'S1'] }), 'joão', false],
    ['an operator', principal({ sessions: ['*'] }), 'joão', true],
    ['a claim that only contains a star', principal({ sessions: ['s*', '**', ' *'] }), 'joão', false],
    ['the right to investigations only', principal({ investigations: ['*', 's1'] }), 'joão', false],
  ])('%s', (_name, who, ownerSub, allowed) => {
    expect(maySeeSession(who, 's1', ownerSub)).toBe(allowed);
  });
});

describe('maySeeInvestigation', () => {
  test.each([
    ['anonymous, public', undefined, 'public', true],
    ['a user without claim, public', principal(), 'public', true],
    ['anonymous, by claim', undefined, 'claim', false],
    ['a user without claim, by claim', principal(), 'claim', false],
    ['the id in the claim', principal({ investigations: ['INV-0', 'INV-1'] }), 'claim', true],
    ['another id in the claim', principal({ investigations: ['INV-10', 'inv-1'] }), 'claim', false],
    ['all', principal({ investigations: ['*'] }), 'claim', true],
    ['the right to sessions only', principal({ sessions: ['*', 'INV-1'] }), 'claim', false],
  ] as const)('%s', (_name, who, access, allowed) => {
    expect(maySeeInvestigation(who, 'INV-1', access)).toBe(allowed);
  });
});
