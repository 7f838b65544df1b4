import { describe, expect, test } from 'vitest';
import { weakSecretWarning } from '../../../../gateway/auth/verification-keys.ts';
import { createTokenVerifier } from '../../../../gateway/auth/verify-token.ts';
import {
  NOW_SECONDS,
  SECRET,
  claimsWith,
  ecPair,
  ed25519Pair,
  hs256,
  pemOf,
  rsaPair,
  signedBy,
} from './signed-token.ts';
import { NO_KEYS, expectRefused, keySet, verifier, withSecret } from './token-verifier.ts';

const rsa = rsaPair();
const otherRsa = rsaPair();
const p256 = ecPair('P-256');
const p384 = ecPair('P-384');
const ed25519 = ed25519Pair();

describe('a good token', () => {
  test('becomes a principal', async () => {
    const tokens = await withSecret();
    const principal = await tokens.verify(hs256(claimsWith({ sessions: ['*'], jti: 'j' })));
    expect(principal).toMatchObject({ sub: 'maria', jti: 'j', sessions: ['*'] });
    expect(principal.expiresAtMs).toBe((NOW_SECONDS + 3600) * 1000);
  });

  test('is verified with any of the secrets while they rotate', async () => {
    const tokens = await verifier({ jwtSecrets: ['new-secret', 'old-secret'] });
    await expect(tokens.verify(hs256(claimsWith(), 'new-secret'))).resolves.toBeDefined();
    await expect(tokens.verify(hs256(claimsWith(), 'old-secret'))).resolves.toBeDefined();
    await expectRefused(tokens, hs256(claimsWith(), 'older-secret'), 'signature');
  });

  test('may name a kid although the environment has none', async () => {
    const tokens = await withSecret();
    await expect(tokens.verify(hs256(claimsWith(), SECRET, { kid: 'k1' }))).resolves.toBeDefined();
  });

  test.each([
    ['RSA', rsa, 'RS256'],
    ['P-256', p256, 'ES256'],
    ['P-384', p384, 'ES384'],
    ['Ed25519', ed25519, 'EdDSA'],
    ['Ed25519 by its newer name', ed25519, 'Ed25519'],
  ])('is verified with a PEM: %s', async (_name, pair, alg) => {
    const tokens = await verifier({ jwtPublicKeyPem: pemOf(pair.publicKey) });
    await expect(tokens.verify(signedBy(pair, alg))).resolves.toMatchObject({ sub: 'maria' });
  });

  test.each([
    ['with literal line ends, as environments have them', pemOf(rsa.publicKey).replaceAll('\n', '\\n')],
    ['in PKCS #1 form', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['between blank lines', `\n\n${pemOf(rsa.publicKey)}\n\n`],
  ])('is verified with a PEM %s', async (_name, jwtPublicKeyPem) => {
    const tokens = await verifier({ jwtPublicKeyPem });
    await expect(tokens.verify(signedBy(rsa, 'RS256'))).resolves.toBeDefined();
  });

  test('is verified by the source whose algorithm it has, when several are configured', async () => {
    const server = await keySet(['k1', otherRsa]);
    const tokens = await withSecret({ jwtPublicKeyPem: pemOf(rsa.publicKey), jwksUrl: server.url });
    await expect(tokens.verify(hs256(claimsWith()))).resolves.toBeDefined();
    await expect(tokens.verify(signedBy(rsa, 'RS256'))).resolves.toBeDefined();
    expect(server.fetches).toBe(0);
    await expect(
      tokens.verify(signedBy(otherRsa, 'RS256', claimsWith(), { kid: 'k1' })),
    ).resolves.toBeDefined();
    expect(server.fetches).toBe(1);
  });
});

describe('claims', () => {
  test.each([
    ['exp in the future', { exp: NOW_SECONDS + 1 }, undefined],
    ['exp within the tolerance', { exp: NOW_SECONDS - 4 }, undefined],
    ['exp at the end of the tolerance', { exp: NOW_SECONDS - 5 }, 'expired'],
    ['exp long ago', { exp: 1 }, 'expired'],
    ['exp negative', { exp: -1e300 }, 'expired'],
    ['exp missing', { exp: undefined }, 'claims'],
    ['exp null', { exp: null }, 'claims'],
    ['exp as text', { exp: String(NOW_SECONDS + 60) }, 'claims'],
    ['nbf now', { nbf: NOW_SECONDS }, undefined],
    ['nbf at the end of the tolerance', { nbf: NOW_SECONDS + 5 }, undefined],
    ['nbf beyond the tolerance', { nbf: NOW_SECONDS + 6 }, 'claims'],
    ['nbf as text', { nbf: '0' }, 'claims'],
    ['iat missing', { iat: undefined }, undefined],
    ['iat as text', { iat: 'yesterday' }, 'claims'],
    ['sub missing', { sub: undefined }, 'claims'],
    ['sub empty', { sub: '' }, 'claims'],
    ['sub null', { sub: null }, 'claims'],
    ['a refresh token', { type: 'refresh' }, 'refresh'],
    ['an access token', { type: 'access' }, undefined],
    ['a lifetime of 24 h', { exp: NOW_SECONDS + 24 * 3600 }, undefined],
    ['a lifetime of 25 h', { exp: NOW_SECONDS + 25 * 3600 }, 'lifetime'],
    ['iss and aud, when none is asked for', { iss: 'x', aud: ['y'] }, undefined],
  ])('%s', async (_name, changes, reason) => {
    const tokens = await withSecret();
    const token = hs256(claimsWith(changes));
    if (reason === undefined) await expect(tokens.verify(token)).resolves.toBeDefined();
    else await expectRefused(tokens, token, reason);
  });

  test.each([
    ['both right', { iss: 'https://id.example', aud: 'realtime' }, undefined],
    ['aud in a list', { iss: 'https://id.example', aud: ['other', 'realtime'] }, undefined],
    ['aud not in the list', { iss: 'https://id.example', aud: ['other', 'realtime2'] }, 'claims'],
    ['aud in an empty list', { iss: 'https://id.example', aud: [] }, 'claims'],
    ['another aud', { iss: 'https://id.example', aud: 'real' }, 'claims'],
    ['aud in an object', { iss: 'https://id.example', aud: { realtime: true } }, 'claims'],
    ['no aud', { iss: 'https://id.example' }, 'claims'],
    ['another iss', { iss: 'https://id.example/', aud: 'realtime' }, 'claims'],
    ['iss in a list', { iss: ['https://id.example'], aud: 'realtime' }, 'claims'],
    ['no iss', { aud: 'realtime' }, 'claims'],
  ])('JWT_ISSUER and JWT_AUDIENCE: %s', async (_name, changes, reason) => {
    const tokens = await withSecret({ issuer: 'https://id.example', audience: 'realtime' });
    const token = hs256(claimsWith(changes));
    if (reason === undefined) await expect(tokens.verify(token)).resolves.toBeDefined();
    else await expectRefused(tokens, token, reason);
  });

  test('are not looked at before the signature', async () => {
    const tokens = await withSecret();
    await expectRefused(tokens, hs256(claimsWith({ exp: 1 }), 'guess'), 'signature');
  });
});

describe('what an error shows', () => {
  test('is neither the token nor its claims, in no part of it', async () => {
    const tokens = await withSecret({ issuer: 'https://id.example' });
    const canary = 'canary-5f2c';
    const bad = [
      hs256(claimsWith({ sub: canary, exp: 1, iss: 'https://id.example' })),
      hs256(claimsWith({ sub: canary, iss: canary })),
      hs256(claimsWith({ sub: canary }), 'guess'),
      hs256(claimsWith({ sub: canary }), SECRET, { crit: [canary] }),
      `${canary}.${canary}.${canary}`,
    ];
    for (const token of bad) {
      const error = await tokens.verify(token).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      const { cause, message, ...rest } = error as Error;
      const shown = JSON.stringify([message, rest, cause, String(error)]);
      expect(cause).toBeUndefined();
      for (const secret of [canary, token, ...token.split('.').filter((part) => part !== '')]) {
        expect(shown).not.toContain(secret);
      }
    }
  });
});

describe('settings', () => {
  const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const shortRsa = rsaPair(1024);

  test.each([
    ['no PEM', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: 'canary-5f2c' }],
    ['an empty PEM', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: '' }],
    ['a cut PEM', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: pemOf(rsa.publicKey).slice(0, 120) }],
    ['a private key', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: privatePem }],
    ['a short RSA key', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: pemOf(shortRsa.publicKey) }],
    ['an unknown curve', 'JWT_PUBLIC_KEY', { jwtPublicKeyPem: pemOf(ecPair('secp256k1').publicKey) }],
    ['a file as key set', 'JWKS_URL', { jwksUrl: new URL('file:///etc/jwks.json') }],
    ['an empty secret', 'JWT_SECRET', { jwtSecrets: [SECRET, ''] }],
  ])('%s is refused by name', async (_name, variable, settings) => {
    const error: unknown = await createTokenVerifier({ ...NO_KEYS, ...settings }).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'ConfigError', retryable: false });
    expect((error as Error).message).toMatch(new RegExp(`^${variable}: `));
    expect((error as Error).message).not.toContain('canary');
  });

  test.each([
    ['a long one', [SECRET], undefined],
    ['32 bytes', ['é'.repeat(16)], undefined],
    ['none', [], undefined],
    ['a short one', ['test-secret'], 'JWT_SECRET: the secret is shorter than 32 bytes'],
    ['a short one of two', [SECRET, 'test-secret'], 'JWT_SECRET: 1 of 2 are shorter than 32 bytes'],
  ])('secrets are warned about, not refused: %s', async (_name, secrets, warning) => {
    const text = weakSecretWarning(secrets);
    if (warning === undefined) expect(text).toBeUndefined();
    else expect(text).toContain(warning);
    expect(text ?? '').not.toContain('test-secret');
    const tokens = await verifier({ jwtSecrets: secrets });
    for (const secret of secrets) {
      await expect(tokens.verify(hs256(claimsWith(), secret))).resolves.toBeDefined();
    }
  });
});
