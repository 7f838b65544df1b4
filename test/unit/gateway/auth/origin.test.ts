import { describe, expect, test } from 'vitest';
import { createOriginCheck } from '../../../../gateway/auth/origin.ts';

describe('createOriginCheck', () => {
  const check = createOriginCheck(['https://app.example', 'http://localhost:3000', 'null', '*']);

  test.each([
    ['a listed origin', 'https://app.example', true],
    ['a listed origin with a port', 'http://localhost:3000', true],
    ['no Origin: no browser', '', true],
    ['a foreign origin', 'https://evil.example', false],
    ['a suffix trick', 'https://app.example.evil.com', false],
    ['a prefix trick', 'https://evil-app.example', false],
    ['a subdomain', 'https://www.app.example', false],
    ['user information', 'https://app.example@evil.com', false],
    ['another scheme', 'http://app.example', false],
    ['another port', 'https://app.example:8443', false],
    ['the default port written out', 'https://app.example:443', false],
    ['another case', 'https://APP.example', false],
    ['a trailing slash', 'https://app.example/', false],
    ['surrounding space', ' https://app.example', false],
    ['several origins', 'https://app.example https://evil.com', false],
    ['the null origin, even when it is listed', 'null', false],
    ['an unlisted word', 'undefined', false],
  ])('with a list: %s', (_name, origin, passes) => {
    expect(check(origin)).toBe(passes);
  });

  test('an empty list lets only those in that are no browser', () => {
    const none = createOriginCheck([]);
    expect([none(''), none('https://app.example'), none('null')]).toEqual([true, false, false]);
  });

  test.each(['https://any.example', 'null', '', 'nonsense'])('* allows "%s"', (origin) => {
    expect(createOriginCheck('*')(origin)).toBe(true);
  });
});
