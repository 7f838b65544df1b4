import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TOKEN_CHARACTERS } from '../../../../gateway/auth/verify-token.ts';
import { jwkOf } from './key-set-server.ts';
import { SECRET, assembled, claimsWith, ecPair, hs256, pemOf, rsaPair, signedBy } from './signed-token.ts';
import { expectRefused, keySet, verifier, withSecret } from './token-verifier.ts';

const rsa = rsaPair();
const otherRsa = rsaPair();
const p256 = ecPair('P-256');

describe('with no key configured', () => {
  test.each([
    ['HS256', hs256(claimsWith(), 'x')],
    ['RS256', signedBy(rsa, 'RS256')],
    ['none', assembled({ alg: 'none' }, claimsWith())],
  ])('no token is valid: %s', async (_name, token) => {
    await expectRefused(await verifier({}), token, 'no_key');
  });
});

describe('the algorithm is fixed by the key', () => {
  const none = (alg: string): string => assembled({ alg }, claimsWith());

  test.each(['none', 'None', 'NONE', '', 'HS1'])('alg "%s" is refused by every source', async (alg) => {
    const server = await keySet(['k1', rsa]);
    const sources = [
      { jwtSecrets: [SECRET] },
      { jwtPublicKeyPem: pemOf(rsa.publicKey) },
      { jwksUrl: server.url },
    ];
    for (const source of sources) await expectRefused(await verifier(source), none(alg), 'no_key');
    // Nor does it make us fetch anything.
    expect(server.fetches).toBe(0);
  });

  test.each(['PEM', 'JWKS'])('HS256 signed with the public key (%s) is refused', async (kind) => {
    const server = await keySet(['k1', rsa]);
    const pem = pemOf(rsa.publicKey);
    const tokens = await verifier(kind === 'PEM' ? { jwtPublicKeyPem: pem } : { jwksUrl: server.url });
    const secrets = [pem, pem.trim(), `${pem}\n`, JSON.stringify(jwkOf(rsa, { kid: 'k1' }))];
    for (const secret of secrets) {
      await expectRefused(tokens, hs256(claimsWith(), secret, { kid: 'k1' }), 'no_key');
      await expectRefused(tokens, hs256(claimsWith(), secret), 'no_key');
    }
  });

  test.each([
    ['RS512 with a key pinned to RS256', rsa, 'RS512'],
    ['PS256 with a key pinned to RS256', rsa, 'PS256'],
  ])('%s is refused', async (_name, pair, alg) => {
    const server = await keySet(['k1', pair]);
    const token = signedBy(pair, alg, claimsWith(), { kid: 'k1' });
    await expectRefused(await verifier({ jwtPublicKeyPem: pemOf(pair.publicKey) }), token, 'no_key');
    await expectRefused(await verifier({ jwksUrl: server.url }), token, 'no_key');
  });

  test('HS512 with the right secret is refused', async () => {
    await expectRefused(await withSecret(), hs256(claimsWith(), SECRET, { alg: 'HS512' }), 'no_key');
  });
});

describe('keys a token brings along are not used', () => {
  test.each([
    ['jwk', { jwk: jwkOf(otherRsa) }],
    ['jwk and the right kid', { jwk: jwkOf(otherRsa, { kid: 'k1' }), kid: 'k1' }],
    ['x5c', { x5c: ['AAAA'], kid: 'k1' }],
  ])('%s', async (_name, header) => {
    const server = await keySet(['k1', rsa]);
    const token = signedBy(otherRsa, 'RS256', claimsWith(), header);
    await expectRefused(await verifier({ jwksUrl: server.url }), token, 'signature');
    await expectRefused(await verifier({ jwtPublicKeyPem: pemOf(rsa.publicKey) }), token, 'signature');
  });

  test.each(['jku', 'x5u'])('%s is not fetched', async (member) => {
    const issuer = await keySet(['k1', rsa]);
    const evil = await keySet(['k1', otherRsa]);
    const tokens = await verifier({ jwksUrl: issuer.url });
    const token = signedBy(otherRsa, 'RS256', claimsWith(), { kid: 'k1', [member]: evil.url.href });
    await expectRefused(tokens, token, 'signature');
    expect(evil.fetches).toBe(0);
  });

  test.each([
    '../../../../etc/passwd',
    'file:///dev/null',
    'http://127.0.0.1:1/x',
    "x' UNION SELECT 'a",
    '__proto__',
    'constructor',
    '',
    'k1\0',
  ])('kid "%s" names no key', async (kid) => {
    const server = await keySet(['k1', rsa]);
    const tokens = await verifier({ jwksUrl: server.url });
    await expectRefused(tokens, signedBy(rsa, 'RS256', claimsWith(), { kid }), 'no_key');
    await expectRefused(tokens, hs256(claimsWith(), '', { kid }), 'no_key');
  });

  test.each([[1], [null], [['k1']], [{ k1: 1 }]])('kid %j is malformed', async (kid) => {
    await expectRefused(await withSecret(), hs256(claimsWith(), SECRET, { kid }), 'malformed');
  });
});

/** Other characters for the same bytes: the last one of 32 bytes has two bits to spare. */
function respelt(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.at(-1) ?? '');
  return signature.slice(0, -1) + (alphabet[last ^ 1] ?? '');
}

describe('a malformed token', () => {
  const good = hs256(claimsWith());
  const [head = '', body = '', signature = ''] = good.split('.');

  test.each([
    ['empty', '', 'malformed'],
    ['a word', 'test', 'malformed'],
    ['two parts', `${head}.${body}`, 'malformed'],
    ['four parts', `${good}.x`, 'malformed'],
    ['five parts, an encrypted one', `${good}.x.y`, 'malformed'],
    ['an empty header', `.${body}.${signature}`, 'malformed'],
    ['a header that is no JSON', `eA.${body}.${signature}`, 'malformed'],
    ['a header that is a list', assembled([], claimsWith(), 'x'), 'malformed'],
    ['a header without alg', assembled({}, claimsWith(), 'x'), 'malformed'],
    ['a header with a list as alg', assembled({ alg: ['HS256'] }, claimsWith(), 'x'), 'malformed'],
    ['crit', hs256(claimsWith(), SECRET, { crit: ['x'], x: 1 }), 'malformed'],
    ['crit b64', hs256(claimsWith(), SECRET, { crit: ['b64'], b64: true }), 'malformed'],
    ['an empty crit', hs256(claimsWith(), SECRET, { crit: [] }), 'malformed'],
    ['claims that are a list', hs256([] as never), 'malformed'],
    ['claims that are null', hs256(null as never), 'malformed'],
    ['no signature', `${head}.${body}.`, 'signature'],
    ['another signature', `${head}.${body}.${'A'.repeat(43)}`, 'signature'],
    ['a cut signature', good.slice(0, -4), 'signature'],
    ['the same signature spelt otherwise', `${head}.${body}.${respelt(signature)}`, 'signature'],
    ['no base64 in the signature', `${head}.${body}.***`, 'malformed'],
    [
      'other claims under the signature',
      `${head}.${assembled({}, claimsWith({ sub: 'x' })).split('.')[1] ?? ''}.${signature}`,
      'signature',
    ],
    ['a line end inside', `${head}.${body.slice(0, 9)}\n${body.slice(9)}.${signature}`, 'malformed'],
    ['padding', `${head}.${body}.${signature}=`, 'malformed'],
    ['a line end at the end', `${good}\r\n`, 'malformed'],
    ['a JSON serialisation', JSON.stringify({ payload: body, protected: head, signature }), 'malformed'],
  ])('%s', async (_name, token, reason) => {
    await expectRefused(await withSecret(), token, reason);
  });

  test('of 20 kB is refused unread, although it is well signed', async () => {
    const tokens = await withSecret();
    const ofLength = (length: number): string => hs256(claimsWith({ pad: 'x'.repeat(length) }));
    await expectRefused(tokens, ofLength(15_000), 'malformed');
    const room = Math.floor(((MAX_TOKEN_CHARACTERS - ofLength(0).length) * 3) / 4) - 3;
    await expect(tokens.verify(ofLength(room))).resolves.toBeDefined();
    await expectRefused(tokens, ofLength(room + 9), 'malformed');
  });

  test('never causes another error, whatever it holds', async () => {
    const server = await keySet(['k1', rsa]);
    const tokens = await withSecret({ jwksUrl: server.url, jwtPublicKeyPem: pemOf(p256.publicKey) });
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc
        .record({
          alg: fc.constantFrom('HS256', 'RS256', 'ES256', 'none', 7),
          kid: fc.constantFrom('k1', null),
        })
        .map((header) => Buffer.from(JSON.stringify(header)).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const error: unknown = await tokens.verify(parts.join('.')).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'INVALID_TOKEN' });
      }),
      { numRuns: 500 },
    );
  });
});
