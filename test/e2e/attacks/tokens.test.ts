import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import type { BrokerMessage } from '../../support/publisher.ts';
import type { Closing } from '../../support/socket-client.ts';
import { System, type SocketOptions } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';
import {
  assembled,
  ecPair,
  hs256,
  pemOf,
  rsaPair,
  signedBy,
  type Claims,
} from '../../unit/gateway/auth/signed-token.ts';
import { CANARY, HOSTILE_IDS, wellFormed } from './hostile-ids.ts';

const INVALID: Closing = { code: 1008, reason: 'Invalid authentication' };
const issuer = rsaPair();
const stranger = rsaPair();

let system: System;
/** Where tokens that bring a key with them would have it fetched. */
let fetches = 0;
const lure = createServer((_request, response) => {
  fetches += 1;
  response.end('{"keys":[]}');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve));
  system = await System.start({
    environment: {
      JWT_SECRET: USER_TOKEN_SECRET,
      JWT_PUBLIC_KEY: pemOf(issuer.publicKey),
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'realtime',
    },
  });
});
afterAll(async () => {
  lure.close();
  await system[Symbol.asyncDispose]();
});

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);
const good = (changes: Claims = {}): Claims => ({
  ...{ sub: 'maria', iss: 'https://issuer.example', aud: 'realtime' },
  ...{ iat: nowSeconds() - 1, exp: nowSeconds() + 3_600 },
  ...changes,
});
const hmac = (changes: Claims = {}, header: Claims = {}): string =>
  hs256(good(changes), USER_TOKEN_SECRET, header);
const rsa = (changes: Claims = {}, header: Claims = {}): string =>
  signedBy(issuer, 'RS256', good(changes), header);
const lureUrl = (): string => `http://127.0.0.1:${(lure.address() as AddressInfo).port}/keys`;

/** How a socket ends that comes with this; undefined when it is welcomed. */
async function endOf(options: SocketOptions): Promise<Closing | undefined> {
  await using socket = await system.connect(`/ws/chat/${freshId('s')}`, options);
  const welcomed = await socket.next('connection').then(
    () => true,
    () => false,
  );
  return welcomed ? undefined : await socket.closed;
}

const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Built when the test runs: times and the lure's address are not known before. */
const BAD: readonly (readonly [name: string, make: () => string])[] = [
  ['unsigned', () => assembled({ alg: 'none' }, good())],
  ['unsigned in other words', () => assembled({ alg: 'nOnE' }, good())],
  ['without a signature', () => `${hmac().split('.').slice(0, 2).join('.')}.`],
  ['signed by a stranger', () => signedBy(stranger, 'RS256', good())],
  ['signed with another secret', () => hs256(good(), 'another-secret-of-more-than-32-bytes!')],
  ['signed with nothing', () => hs256(good(), '')],
  ['signed with the public key as a secret', () => hs256(good(), pemOf(issuer.publicKey))],
  [
    'signed with the public key without its last line end',
    () => hs256(good(), pemOf(issuer.publicKey).trim()),
  ],
  ['of another algorithm of the secret', () => hmacOf('sha512', 'HS512')],
  ['of another algorithm of the key', () => signedBy(issuer, 'RS512', good())],
  ['of an elliptic curve', () => signedBy(ecPair('P-256'), 'ES256', good())],
  [
    'with a key of its own',
    () => signedBy(stranger, 'RS256', good(), { jwk: stranger.publicKey.export({ format: 'jwk' }) }),
  ],
  ['with an address of keys', () => signedBy(stranger, 'RS256', good(), { jku: lureUrl() })],
  ['with an address of certificates', () => signedBy(stranger, 'RS256', good(), { x5u: lureUrl() })],
  ['with a key id that is an address', () => signedBy(stranger, 'RS256', good(), { kid: lureUrl() })],
  [
    'with a key id that is a path',
    () => signedBy(stranger, 'RS256', good(), { kid: '../../../../dev/null' }),
  ],
  [
    'with a key id that is a statement',
    () => signedBy(stranger, 'RS256', good(), { kid: "x' UNION SELECT '" }),
  ],
  ['with a key id that is no string', () => hmac({}, { kid: { a: 1 } })],
  ['with something critical', () => hmac({}, { crit: ['exp'] })],
  ['expired', () => hmac({ exp: nowSeconds() - 60 })],
  ['of no end', () => hmac({ exp: undefined })],
  ['of an end that is no number', () => hmac({ exp: '9999999999' })],
  ['of too late an end', () => hmac({ exp: nowSeconds() + 25 * 3_600 })],
  ['of too long a life', () => hmac({ iat: nowSeconds() - 25 * 3_600 })],
  ['not valid yet', () => hmac({ nbf: nowSeconds() + 60 })],
  ['of nobody', () => hmac({ sub: undefined })],
  ['of an empty name', () => hmac({ sub: '' })],
  ['of a list of names', () => hmac({ sub: ['maria'] })],
  ['of another issuer', () => hmac({ iss: 'https://issuer.example.evil.com' })],
  ['of no issuer', () => hmac({ iss: undefined })],
  ['for another audience', () => hmac({ aud: 'others' })],
  ['for many audiences, and not this', () => hmac({ aud: ['others', 'Realtime'] })],
  ['to refresh another', () => hmac({ type: 'refresh' })],
  ['of five parts', () => `${hmac()}.a.b`],
  ['of no token', () => 'token'],
  ['of dots', () => '..'],
  ['too long', () => hmac({ filler: 'x'.repeat(8_000) })],
  ['with a white space', () => `${hmac()} `],
  ['with its claims changed', () => changedClaims()],
  ['of no JSON', () => assembled('no', 'no', 'c2ln')],
];

function hmacOf(hash: string, alg: string): string {
  const input = hs256(good(), USER_TOKEN_SECRET, { alg }).split('.').slice(0, 2).join('.');
  return `${input}.${createHmac(hash, USER_TOKEN_SECRET).update(input).digest('base64url')}`;
}

function changedClaims(): string {
  const [header = '', , signature = ''] = hmac().split('.');
  return `${header}.${Buffer.from(JSON.stringify(good({ sub: 'root' }))).toString('base64url')}.${signature}`;
}

describe('a token that is', () => {
  it.each(BAD)('%s is refused, however it comes', async (_name, make) => {
    const token = make();
    expect(await endOf({ token })).toEqual(INVALID);
    if (HEADER_SAFE.test(token)) {
      expect(await endOf({ headers: { Authorization: `Bearer ${token}` } })).toEqual(INVALID);
    }
    // Neither does it pass on a socket that is open, anonymous or not.
    for (const before of [undefined, hmac()]) {
      await using socket = await system.openChat(freshId('s'), before === undefined ? {} : { token: before });
      socket.send({ type: 'auth', data: { token } });
      expect(await socket.closed).toEqual(INVALID);
    }
  });

  it('good is taken, by each way and from each key', async () => {
    for (const token of [
      hmac(),
      rsa(),
      rsa({ aud: ['others', 'realtime'] }),
      hmac({ exp: nowSeconds() + 2 }),
    ]) {
      expect(await endOf({ token })).toBeUndefined();
      expect(await endOf({ headers: { Authorization: `Bearer ${token}` } })).toBeUndefined();
      expect(await endOf({ subProtocols: ['cidadao.v1', 'bearer', token] })).toBeUndefined();
    }
  });

  it('bad where another is good: the header counts, then the pair, then the query', async () => {
    const bad = userToken({ sub: 'maria' }, 'another-secret-of-more-than-32-bytes!');
    const header = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
    expect(await endOf({ token: hmac(), headers: header(bad) })).toEqual(INVALID);
    expect(await endOf({ token: bad, headers: header(hmac()) })).toBeUndefined();
    expect(await endOf({ token: hmac(), subProtocols: ['bearer', bad] })).toEqual(INVALID);
    expect(await endOf({ headers: header(hmac()), subProtocols: ['bearer', bad] })).toBeUndefined();
  });

  it('looked up nowhere: what a token points to is never fetched', () => {
    expect(fetches).toBe(0);
  });
});

describe('who a token is for', () => {
  it.each(HOSTILE_IDS.filter(([, id]) => id !== '' && id.length < 1_000))(
    'may be %s: it is a name and never a subject',
    async (_name, id) => {
      const sub = wellFormed(`${id}${CANARY}`);
      const session = freshId('s');
      const heard: readonly BrokerMessage[] = await system.publisher.listen('>');
      const token = hmac({ sub, name: sub, jti: sub, sessions: [sub], investigations: [sub] });
      await using socket = await system.openChat(session, { token });
      socket.send({ type: 'chat', data: { message: 'Olá!' } });
      expect((await socket.next('chat_accepted')).data['user']).toEqual({ id: sub, name: sub });
      await socket.next('chat_complete');
      await using other = await system.connect(`/ws/chat/${session}`, { token: hmac({ sub: `${sub}x` }) });
      expect(await other.closed).toEqual({ code: 1008, reason: 'Forbidden' });
      expect(heard.filter(({ subject }) => subject.includes(CANARY))).toEqual([]);
    },
  );

  it.each([
    ['no list', { sessions: { '*': true } }],
    ['a number', { sessions: 1 }],
    ['mixed', { sessions: ['*', 1] }],
    ['a pattern', { sessions: ['s*', 's-*', '**', '.*', '*.'] }],
    ['nested', { sessions: [['*']] }],
  ])('lets nobody into another’s session when the claim is %s', async (_name, claims) => {
    const session = freshId('s');
    await using owner = await system.openChat(session, { token: hmac({ sub: freshId('maria') }) });
    await using guest = await system.connect(`/ws/chat/${session}`, {
      token: hmac({ sub: freshId('joão'), ...claims }),
    });
    expect(await guest.closed).toEqual({ code: 1008, reason: 'Forbidden' });
    await owner.untilPong();
  });
});
