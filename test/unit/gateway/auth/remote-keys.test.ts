import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTokenVerifier } from '../../../../gateway/auth/verify-token.ts';
import type { TokenVerifier } from '../../../../gateway/auth/verify-token.ts';
import { hangs, jwkOf, servesKeys, servesText, startKeySetServer } from './key-set-server.ts';
import type { KeySetServer } from './key-set-server.ts';
import { NOW_MS, claimsWith, ecPair, ed25519Pair, rsaPair, signedBy } from './signed-token.ts';
import type { KeyPair } from './signed-token.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

const first = ecPair('P-256');
const second = ecPair('P-256');
const rsa = rsaPair();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Setup {
  readonly server: KeySetServer;
  readonly tokens: TokenVerifier;
  /** Moves the verifier's clock. */
  readonly pass: (ms: number) => void;
  /** `ok`, or the reason of the refusal. */
  readonly outcome: (pair: KeyPair, kid?: string, alg?: string) => Promise<string>;
}

async function setup(answer: KeySetServer['answer']): Promise<Setup> {
  const server = await startKeySetServer(answer);
  let nowMs = NOW_MS;
  const tokens = await createTokenVerifier(
    {
      jwtSecrets: [],
      jwtPublicKeyPem: undefined,
      jwksUrl: server.url,
      issuer: undefined,
      audience: undefined,
      maxTokenLifetimeHours: 24,
    },
    () => nowMs,
  );
  onTestFinished(async () => {
    await tokens[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return {
    server,
    tokens,
    pass(ms) {
      nowMs += ms;
    },
    async outcome(pair, kid, alg = 'ES256') {
      const claims = claimsWith({ exp: nowMs / 1000 + 600 });
      const token = signedBy(pair, alg, claims, kid === undefined ? {} : { kid });
      return tokens.verify(token).then(
        () => 'ok',
        (error: unknown) => (error as { reason: string }).reason,
      );
    },
  };
}

describe('fetching', () => {
  test('happens when the first token comes, once for all that come together', async () => {
    const { server, outcome } = await setup(servesKeys(['k1', first]));
    expect(server.fetches).toBe(0);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(first, 'k1')));
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    expect(server.fetches).toBe(1);
  });

  test('happens again after ten minutes and not before', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    pass(10 * MINUTE_MS - 1);
    await outcome(first, 'k1');
    expect(server.fetches).toBe(1);
    pass(1);
    await outcome(first, 'k1');
    expect(server.fetches).toBe(2);
  });

  test('a clock that was set back does not keep old keys', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    pass(-60 * MINUTE_MS);
    await outcome(first, 'k1');
    expect(server.fetches).toBe(2);
  });
});

describe('rotation', () => {
  test('a new kid is taken up at once, and the withdrawn one is refused', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    expect(await outcome(first, 'k1')).toBe('ok');
    server.answer = servesKeys(['k2', second]);
    pass(SECOND_MS);
    expect(await outcome(second, 'k2')).toBe('ok');
    expect(await outcome(first, 'k1')).toBe('no_key');
    expect(server.fetches).toBe(2);
  });

  test('a withdrawn key is refused after ten minutes at the latest', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first], ['k2', second]));
    expect(await outcome(first, 'k1')).toBe('ok');
    server.answer = servesKeys(['k2', second]);
    pass(10 * MINUTE_MS);
    expect(await outcome(first, 'k1')).toBe('no_key');
  });

  test.each([undefined, 'k1'])('works where the issuer keeps the kid (%s)', async (kid) => {
    const served = (pair: KeyPair): object => jwkOf(pair, kid === undefined ? {} : { kid });
    const { server, outcome } = await setup(servesKeys(served(first)));
    expect(await outcome(first, kid)).toBe('ok');
    server.answer = servesKeys(served(second));
    expect(await outcome(second, kid)).toBe('ok');
    expect(server.fetches).toBe(2);
  });

  test('all keys withdrawn means that no token is valid', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    expect(await outcome(first, 'k1')).toBe('ok');
    server.answer = servesKeys();
    pass(10 * MINUTE_MS);
    expect(await outcome(first, 'k1')).toBe('no_key');
  });
});

describe('a flood of unknown kids', () => {
  test('causes one fetch in each cooldown', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    const flood = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 1) expect(await outcome(second, `unknown-${n}`)).toBe('no_key');
      await Promise.all(Array.from({ length: 20 }, (_, n) => outcome(second, `together-${n}`)));
    };
    await flood();
    expect(server.fetches).toBe(2);
    pass(30 * SECOND_MS - 1);
    await flood();
    expect(server.fetches).toBe(2);
    pass(1);
    await flood();
    expect(server.fetches).toBe(3);
    expect(await outcome(first, 'k1')).toBe('ok');
  });

  test('causes one fetch when it comes first of all', async () => {
    const { server, outcome } = await setup(servesKeys(['k1', first]));
    await Promise.all(Array.from({ length: 50 }, (_, n) => outcome(second, `unknown-${n}`)));
    expect(server.fetches).toBe(1);
  });

  test('causes one fetch in each cooldown in an outage too', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    server.answer = servesText('{}', 503);
    pass(11 * MINUTE_MS);
    for (let n = 0; n < 20; n += 1) expect(await outcome(second, `unknown-${n}`)).toBe('no_key');
    expect(server.fetches).toBe(2);
    expect(await outcome(first, 'k1')).toBe('ok');
  });

  test('of wrong signatures causes one fetch in each cooldown', async () => {
    const { server, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    for (let n = 0; n < 20; n += 1) expect(await outcome(second, 'k1')).toBe('signature');
    expect(server.fetches).toBe(2);
  });
});

describe('an outage', () => {
  test('is bridged with the old keys for an hour', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    server.answer = servesText('down', 500);
    pass(70 * MINUTE_MS - 1);
    expect(await outcome(first, 'k1')).toBe('ok');
    pass(1);
    expect(await outcome(first, 'k1')).toBe('keys_unavailable');
    server.answer = servesKeys(['k1', first]);
    pass(2 * SECOND_MS);
    expect(await outcome(first, 'k1')).toBe('ok');
  });

  test('is tried against twice a minute, and ends with the first answer', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    server.answer = servesText('down', 500);
    pass(10 * MINUTE_MS);
    for (let n = 0; n < 10; n += 1) await outcome(first, 'k1');
    expect(server.fetches).toBe(2);
    server.answer = servesKeys(['k2', second]);
    pass(30 * SECOND_MS);
    expect(await outcome(second, 'k2')).toBe('ok');
    expect(server.fetches).toBe(3);
  });

  test('from the beginning refuses tokens for the moment, and is over soon after the issuer is back', async () => {
    const { server, pass, outcome } = await setup(servesText('down', 500));
    for (let n = 0; n < 10; n += 1) expect(await outcome(first, 'k1')).toBe('keys_unavailable');
    expect(server.fetches).toBe(1);
    server.answer = servesKeys(['k1', first]);
    pass(2 * SECOND_MS);
    expect(await outcome(first, 'k1')).toBe('ok');
    // A failure that is over delays no rotation.
    server.answer = servesKeys(['k2', second]);
    expect(await outcome(second, 'k2')).toBe('ok');
  });

  test('makes a refusal that may succeed later', async () => {
    const { tokens } = await setup(servesText('down', 500));
    await expect(tokens.verify(signedBy(first, 'ES256'))).rejects.toMatchObject({ retryable: true });
  });

  test('of an issuer that no longer answers delays nobody long who has a known key', async () => {
    const { server, pass, outcome } = await setup(servesKeys(['k1', first]));
    await outcome(first, 'k1');
    server.answer = hangs;
    pass(10 * MINUTE_MS);
    const startMs = performance.now();
    expect(await outcome(first, 'k1')).toBe('ok');
    expect(performance.now() - startMs).toBeLessThan(3 * SECOND_MS);
  });

  test('of an issuer that never answers, or never ends its answer, is given up after five seconds', async () => {
    const silent = await setup(hangs);
    const halting = await setup((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":[');
      // With `fetch` a collection at this point made the wait endless.
      setTimeout(collectGarbage, 500);
    });
    const startMs = performance.now();
    const outcomes = await Promise.all([silent.outcome(first, 'k1'), halting.outcome(first, 'k1')]);
    expect(outcomes).toEqual(['keys_unavailable', 'keys_unavailable']);
    expect(performance.now() - startMs).toBeGreaterThan(4.9 * SECOND_MS);
  });

  test('does not hold up the end: closing breaks off a fetch', async () => {
    const { server, tokens, pass, outcome } = await setup(hangs);
    const asked = new Promise<void>((resolve) => {
      server.answer = () => resolve();
    });
    const pending = outcome(first, 'k1');
    await asked;
    const startMs = performance.now();
    await tokens[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
    expect(await pending).toBe('keys_unavailable');
    expect(performance.now() - startMs).toBeLessThan(SECOND_MS);
    pass(MINUTE_MS);
    expect(await outcome(first, 'k1')).toBe('keys_unavailable');
    expect(server.fetches).toBe(1);
  });
});

describe('a bad answer counts as an outage', () => {
  test.each([
    ['no JSON', servesText('<html>')],
    ['no key set', servesText('{"key":[]}')],
    ['keys that are no list', servesText('{"keys":{}}')],
    ['an error status with keys in it', servesText(JSON.stringify({ keys: [jwkOf(first)] }), 404)],
    ['an endless document', servesText(JSON.stringify({ keys: [], pad: 'x'.repeat(300_000) }))],
  ])('%s', async (_name, answer) => {
    const { server, pass, outcome } = await setup(answer);
    expect(await outcome(first, 'k1')).toBe('keys_unavailable');
    server.answer = servesKeys(['k1', first]);
    pass(2 * SECOND_MS);
    expect(await outcome(first, 'k1')).toBe('ok');
    server.answer = answer;
    pass(10 * MINUTE_MS);
    expect(await outcome(first, 'k1')).toBe('ok');
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await startKeySetServer(servesKeys(['k1', first]));
    onTestFinished(() => elsewhere[Symbol.asyncDispose]());
    const { outcome } = await setup((_request, response) => {
      response.writeHead(302, { location: elsewhere.url.href }).end();
    });
    expect(await outcome(first, 'k1')).toBe('keys_unavailable');
    expect(elsewhere.fetches).toBe(0);
  });
});

describe('which keys of a set are used', () => {
  const ed25519 = ed25519Pair();
  const p384 = ecPair('P-384');

  test.each([
    ['RSA without alg', rsa, 'RS256', {}, 'ok'],
    ['RSA for RS512', rsa, 'RS512', { alg: 'RS512' }, 'ok'],
    ['RSA for PS256', rsa, 'PS256', { alg: 'PS256' }, 'ok'],
    ['RSA for PS256, a token with RS256', rsa, 'RS256', { alg: 'PS256' }, 'no_key'],
    ['P-384', p384, 'ES384', { use: 'sig', key_ops: ['verify'] }, 'ok'],
    ['Ed25519', ed25519, 'EdDSA', { alg: 'EdDSA' }, 'ok'],
    ['Ed25519 under both names', ed25519, 'EdDSA', { alg: 'Ed25519' }, 'ok'],
    ['a key with members of its own', rsa, 'RS256', { x5t: 'abc', x5c: ['AAAA'], issuer: 'x' }, 'ok'],
    ['a key for encryption', rsa, 'RS256', { use: 'enc' }, 'no_key'],
    ['an encryption algorithm', rsa, 'RS256', { alg: 'RSA-OAEP' }, 'no_key'],
    ['a key that must not verify', rsa, 'RS256', { key_ops: ['encrypt'] }, 'no_key'],
    ['an algorithm of another type', rsa, 'RS256', { alg: 'ES256' }, 'no_key'],
    ['HS256 for a public key', rsa, 'RS256', { alg: 'HS256' }, 'no_key'],
    ['a short RSA key', rsaPair(1024), 'RS256', {}, 'no_key'],
    ['a broken key', rsa, 'RS256', { n: '!' }, 'no_key'],
  ])('%s', async (_name, pair, alg, members, expected) => {
    const { outcome } = await setup(servesKeys(jwkOf(pair, { kid: 'k1', ...members }), ['good', first]));
    expect(await outcome(pair, 'k1', alg)).toBe(expected);
    // And the others are not spoilt by it.
    expect(await outcome(first, 'good')).toBe('ok');
  });

  test('without a kid in the token every key of its algorithm is tried', async () => {
    const { outcome } = await setup(servesKeys(['k0', rsa], ['k1', first], ['k2', second]));
    expect(await outcome(second)).toBe('ok');
    expect(await outcome(first)).toBe('ok');
    expect(await outcome(ecPair('P-256'))).toBe('signature');
  });

  test('strange entries are left out', async () => {
    const { outcome } = await setup(
      servesText(JSON.stringify({ keys: [null, 7, 'x', [], {}, { kty: 'oct', k: 'AAAA' }, jwkOf(first)] })),
    );
    expect(await outcome(first)).toBe('ok');
  });
});
