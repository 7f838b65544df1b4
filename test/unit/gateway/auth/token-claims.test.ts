import { describe, expect, test } from 'vitest';
import { principalOf } from '../../../../gateway/auth/token-claims.ts';
import { NOW_MS, NOW_SECONDS, claimsWith } from './signed-token.ts';

const MAX_LIFETIME_HOURS = 24;
const read = (changes: Record<string, unknown>): ReturnType<typeof principalOf> =>
  principalOf(claimsWith(changes), NOW_MS, MAX_LIFETIME_HOURS);

describe('principalOf', () => {
  test('takes over what the claims say', () => {
    expect(
      read({ name: 'Maria', jti: 't-1', sessions: ['s1', 's2'], investigations: ['INV-1'], role: 'x' }),
    ).toEqual({
      sub: 'maria',
      name: 'Maria',
      jti: 't-1',
      issuedAtSeconds: NOW_SECONDS - 10,
      expiresAtMs: (NOW_SECONDS + 3600) * 1000,
      sessions: ['s1', 's2'],
      investigations: ['INV-1'],
    });
  });

  test.each([
    ['an array', ['a', 'b'], ['a', 'b']],
    ['an empty array', [], []],
    ['one id', 'a', ['a']],
    ['the star', '*', ['*']],
    ['several ids in one string, which is one strange id', 'a b,c', ['a b,c']],
    ['a mixed array', ['a', 1], []],
    ['nested arrays', [['*']], []],
    ['an object', { 0: '*', length: 1 }, []],
    ['true', true, []],
    ['null', null, []],
    ['a number', 1, []],
    ['nothing', undefined, []],
  ])('reads lists of ids: %s', (_name, claim, ids) => {
    const { sessions, investigations } = read({ sessions: claim, investigations: claim });
    expect({ sessions, investigations }).toEqual({ sessions: ids, investigations: ids });
  });

  test.each([
    ['missing', undefined, undefined],
    ['empty', '', undefined],
    ['of another type', { a: 1 }, undefined],
    ['text', 'x', 'x'],
  ])('a describing claim that is %s', (_name, claim, expected) => {
    const { name, jti } = read({ name: claim, jti: claim });
    expect({ name, jti }).toEqual({ name: expected, jti: expected });
  });

  test('keeps a numeric token id as text, so that it can be revoked', () => {
    expect(read({ jti: 42 }).jti).toBe('42');
  });

  test.each([
    ['no sub', { sub: undefined }, 'claims'],
    ['an empty sub', { sub: '' }, 'claims'],
    ['a numeric sub', { sub: 7 }, 'claims'],
    ['a list as sub', { sub: ['maria'] }, 'claims'],
    ['no exp', { exp: undefined }, 'claims'],
    ['a refresh token', { type: 'refresh' }, 'refresh'],
    ['a lifetime beyond the limit and the tolerance', { exp: NOW_SECONDS + 24 * 3600 + 6 }, 'lifetime'],
    ['an absurd lifetime', { exp: 1e300 }, 'lifetime'],
    [
      'one of longer life near its end: a revocation of its first hours is forgotten by now',
      { iat: NOW_SECONDS - 47 * 3600, exp: NOW_SECONDS + 3600 },
      'lifetime',
    ],
    [
      'one that outlives its revocation',
      { iat: NOW_SECONDS - 24 * 3600, exp: NOW_SECONDS + 3600 },
      'lifetime',
    ],
    ['milliseconds instead of seconds', { exp: NOW_MS + 3_600_000 }, 'lifetime'],
  ])('refuses %s', (_name, changes, reason) => {
    expect(() => read(changes)).toThrow(expect.objectContaining({ code: 'INVALID_TOKEN', reason }));
  });

  test.each([
    ['exactly the longest lifetime', { exp: NOW_SECONDS + 24 * 3600 }],
    ['an issuer whose clock is 5 s ahead', { exp: NOW_SECONDS + 24 * 3600 + 5 }],
    ['the longest lifetime near its end', { iat: NOW_SECONDS - 23 * 3600, exp: NOW_SECONDS + 3600 }],
    ['another type', { type: 'access' }],
  ])('accepts %s', (_name, changes) => {
    expect(read(changes).sub).toBe('maria');
  });
});
