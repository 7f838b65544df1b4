import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { rawUpgrade, type UpgradeAnswer } from '../support/raw-upgrade.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.source;
const ORIGIN = 'https://cidadao.ai';

let system: System;
beforeAll(async () => {
  system = await System.start({ environment: { JWT_SECRET: USER_TOKEN_SECRET } });
  await system.addGateway({ ALLOWED_ORIGINS: `${ORIGIN}, https://www.cidadao.ai` });
  await system.addGateway({ MAX_CONNECTIONS: '1' });
  await system.addGateway({ JWT_SECRET: '' });
  await system.addGateway({ MAX_CONNECTIONS_PER_IP: '2', TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => system[Symbol.asyncDispose]());

function upgrade(path: string, { gateway = 0, headers = {} } = {}): Promise<UpgradeAnswer> {
  return rawUpgrade(system.gateways[gateway]?.port ?? 0, path, headers);
}

function refusal({ status, headers, body }: UpgradeAnswer): unknown {
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  return { status, ...(JSON.parse(body) as object) };
}

describe('paths', () => {
  it.each(['/ws/chat/', '/api/v1/ws/chat/'])('%s is a chat socket', async (path) => {
    const id = freshId('s');
    await using socket = await system.connect(path + id);
    expect((await socket.next('connection')).data['session_id']).toBe(id);
    socket.send({ type: 'unsubscribe', data: { investigation_id: 'INV-1' } });
    await socket.next('unsubscribed');
  });

  it.each(['/ws/investigations/', '/api/v1/ws/investigations/'])(
    '%s is an investigation socket',
    async (path) => {
      const id = freshId('INV');
      await using socket = await system.connect(path + id);
      const welcome = await socket.next('connection');
      expect(welcome.data['session_id']).toMatch(new RegExp(`^investigation-${id}-${UUID}$`));
      await system.publisher.store(`investigation.${id}.progress`, {});
      expect((await socket.next('investigation_progress')).channel).toBe(`investigation.${id}`);
    },
  );

  it.each([
    '/',
    '/ws',
    '/ws/chat',
    '/ws/other/s-1',
    '/api/v1/other/s-1',
    '/api/v2/ws/chat/s-1',
    '/api/v1/api/v1/ws/chat/s-1',
    '/WS/CHAT/s-1',
    '//ws/chat/s-1',
    '/x/ws/chat/s-1',
  ])('%s is 404', async (path) => {
    expect(refusal(await upgrade(path))).toEqual({
      status: 404,
      error: { code: 'NOT_FOUND', message: 'Caminho desconhecido' },
    });
  });
});

describe('since', () => {
  it.each(['x', 'garbage', '%25%25', 'AAAAAAAAAAAA', 'a'.repeat(512), 'a'.repeat(513), '0', '%00', 'null'])(
    'that is no cursor is 400: %s',
    async (since) => {
      for (const path of [`/ws/chat/${freshId('s')}`, `/api/v1/ws/investigations/${freshId('INV')}`]) {
        expect(refusal(await upgrade(`${path}?since=${since}`))).toEqual({
          status: 400,
          error: { code: 'INVALID_PARAMETER', message: 'Parâmetro since inválido' },
        });
      }
    },
  );
});

describe('Origin', () => {
  it('that is not allowed is 403', async () => {
    for (const Origin of [
      'https://evil.example',
      'https://cidadao.ai.evil.example',
      'http://cidadao.ai',
      'null',
    ]) {
      expect(refusal(await upgrade(`/ws/chat/${freshId('s')}`, { gateway: 1, headers: { Origin } }))).toEqual(
        {
          status: 403,
          error: { code: 'FORBIDDEN', message: 'Origem não permitida' },
        },
      );
    }
  });

  it.each([{ Origin: ORIGIN }, { Origin: 'https://www.cidadao.ai' }, {}])('%j is let in', async (headers) => {
    expect((await upgrade(`/ws/chat/${freshId('s')}`, { gateway: 1, headers })).status).toBe(101);
  });

  it('may be any where nothing is configured', async () => {
    const headers = { Origin: 'https://anywhere.example' };
    expect((await upgrade(`/ws/chat/${freshId('s')}`, { headers })).status).toBe(101);
  });
});

it('answers 503 with Retry-After at capacity, and lets the next in when one has left', async () => {
  await using first = await system.openChat(freshId('s'), { gateway: 2 });
  const answer = await upgrade(`/ws/chat/${freshId('s')}`, { gateway: 2 });
  expect(refusal(answer)).toEqual({
    status: 503,
    error: { code: 'UNAVAILABLE', message: 'Serviço temporariamente indisponível' },
  });
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  await first.close();
  await using second = await system.openChat(freshId('s'), { gateway: 2 });
  expect(await second.untilPong()).toEqual([]);
});

it('answers 429 with Retry-After to one address more than it may have, and not to others', async () => {
  const gateway = 4;
  const headersOf = (address: string): object => ({ headers: { 'X-Forwarded-For': address } });
  const one = headersOf('203.0.113.7');
  await using first = await system.openChat(freshId('s'), { gateway, ...one });
  await using second = await system.openInvestigation(freshId('INV'), { gateway, ...one });
  for (const path of ['/ws/chat/', '/api/v1/ws/investigations/']) {
    const answer = await upgrade(path + freshId('x'), { gateway, ...one });
    expect(refusal(answer)).toEqual({
      status: 429,
      error: { code: 'TOO_MANY_CONNECTIONS', message: 'Muitas conexões deste endereço' },
    });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  const path = `/ws/chat/${freshId('s')}`;
  expect((await upgrade(path, { gateway, ...headersOf('203.0.113.8') })).status).toBe(101);
  await first.close();
  expect((await upgrade(path, { gateway, ...one })).status).toBe(101);
  expect(await second.untilPong()).toEqual([]);
});

describe('tokens', () => {
  const token = userToken({ sub: 'maria' });
  const bad = userToken({ sub: 'maria' }, 'another-secret-of-more-than-thirty-two-bytes');
  const INVALID = { code: 1008, reason: 'Invalid authentication' };

  it.each([
    ['the parameter', { token }],
    ['the header', { headers: { Authorization: `Bearer ${token}` } }],
    ['the sub-protocol pair', { subProtocols: ['cidadao.v1', 'bearer', token] }],
    ['the header before a parameter', { token: bad, headers: { Authorization: `Bearer ${token}` } }],
    ['the pair before a parameter', { token: bad, subProtocols: ['cidadao.v1', 'bearer', token] }],
  ])('come by %s', async (_, options) => {
    const id = freshId('s');
    await using socket = await system.openChat(id, options);
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    expect((await socket.next('chat_accepted')).data['user']).toEqual({ id: 'maria' });
  });

  it('that are empty are none', async () => {
    await using socket = await system.openChat(freshId('s'), { token: '' });
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    expect((await socket.next('chat_accepted')).data).not.toHaveProperty('user');
  });

  it.each([
    ['signed with another key', bad],
    ['expired', userToken({ sub: 'maria', expiresInSeconds: -60 })],
    ['without a subject', userToken({ sub: '' })],
    ['no token at all', 'x'],
    ['unsigned', `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
  ])('that are bad are accepted and closed with 1008: %s', async (_, wrong) => {
    for (const path of ['/ws/chat/', '/ws/investigations/']) {
      const socket = await system.connect(path + freshId('x'), { token: wrong });
      expect(await socket.closed).toEqual(INVALID);
      expect(socket.frames).toEqual([]);
    }
  });

  it('are all bad where no key is configured', async () => {
    const socket = await system.connect(`/ws/chat/${freshId('s')}`, { gateway: 3, token });
    expect(await socket.closed).toEqual(INVALID);
    expect(socket.frames).toEqual([]);
  });

  it('that are bad are closed alike for the original client', async () => {
    const socket = await system.connect(`/ws/chat/${freshId('s')}`, { token: bad, subProtocols: [] });
    expect(await socket.closed).toEqual(INVALID);
  });
});
