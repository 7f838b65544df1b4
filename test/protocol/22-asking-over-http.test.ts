import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat } from '../support/chat-steps.ts';
import { inTime } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { httpAsk, type HttpOptions, type HttpResult } from '../support/http-client.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { SseClient } from '../support/sse-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const ORIGIN = 'https://cidadao.ai';
const agent = new PuppetAgent();
const maria = userToken({ sub: 'maria', name: 'Maria' });
const jose = userToken({ sub: 'jose' });
const bad = userToken({ sub: 'maria' }, 'another-secret-of-more-than-thirty-two-bytes');

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
  await system.addGateway({ ALLOWED_ORIGINS: ORIGIN, MAX_CHATS_PER_MINUTE: '1' });
  await system.addGateway({ AUTH_MODE: 'required', RATE_LIMIT_PER_SECOND: '1' });
});
afterAll(() => system[Symbol.asyncDispose]());

interface AskOptions extends HttpOptions {
  readonly gateway?: number;
  readonly token?: string;
}

function ask(sessionId: string, { gateway = 0, token, ...options }: AskOptions = {}): Promise<HttpResult> {
  const where = { gateway, ...(token === undefined ? {} : { token }) };
  return httpAsk(system.url(`/api/v1/chat/${sessionId}`, where), { method: 'POST', ...options });
}

function answered({ status, text }: HttpResult): unknown {
  return { status, ...(JSON.parse(text) as object) };
}

const unauthorized = { status: 401, error: { code: 'UNAUTHORIZED', message: 'Autenticação inválida' } };
const forbidden = { status: 403, error: { code: 'FORBIDDEN', message: 'Acesso negado' } };

describe('asking', () => {
  it('is answered with 202 once the chat is accepted, and the answer comes as events', async () => {
    const session = freshId('s');
    const message = freshId('pergunta');
    await using socket = await system.openChat(session, { token: maria });
    const result = await ask(session, { body: { message }, token: maria });
    expect(result.headers['content-type']).toMatch(/^application\/json/);
    const { request_id: requestId, ...rest } = JSON.parse(result.text) as { request_id: string };
    expect([result.status, rest]).toEqual([202, {}]);
    const accepted = await socket.next('chat_accepted');
    expect(accepted.data).toEqual({
      request_id: requestId,
      role: 'user',
      message,
      user: { id: 'maria', name: 'Maria' },
    });
    const call = await inTime(agent.call(message), () => 'nobody asked the agent');
    await finishChat({ requestId, message, call }, socket);
  });

  it('twice with the same id is one chat, also by a socket', async () => {
    const session = freshId('s');
    const id = freshId('r');
    const message = freshId('pergunta');
    const results = await Promise.all([1, 2, 3].map(() => ask(session, { body: { id, message } })));
    for (const result of results) expect(answered(result)).toEqual({ status: 202, request_id: id });
    await using socket = await system.openChat(session);
    socket.send({ type: 'chat', id, data: { message } });
    expect((await socket.next('chat_accepted')).data['duplicate']).toBe(true);
    const call = await inTime(agent.call(message), () => 'nobody asked the agent');
    await finishChat({ requestId: id, message, call }, socket);
    expect(answered(await ask(session, { body: { id, message } }))).toEqual({ status: 202, request_id: id });
    expect(agent.callsFor(message)).toHaveLength(1);
  });

  it('derives the request id from an id that is no identifier, as a socket does', async () => {
    const session = freshId('s');
    const id = 'não é um identificador';
    const body = { id, message: freshId('pergunta') };
    const first = answered(await ask(session, { body }));
    expect(answered(await ask(session, { body }))).toEqual(first);
  });

  it('takes the token from the header, and any content type', async () => {
    const session = freshId('s');
    const headers = {
      Authorization: `Bearer ${maria}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    };
    expect((await ask(session, { headers, body: { content: 'Olá' } })).status).toBe(202);
    expect((await ask(session, { token: jose, body: { message: 'Olá' } })).status).toBe(403);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'message=Olá'],
    ['no object', '["Olá"]'],
    ['no message', '{}'],
    ['an empty message', '{"message":""}'],
    ['a message of another type', '{"message":1}'],
    ['an id of another type', '{"message":"Olá","id":7}'],
    ['a message that is too long', JSON.stringify({ message: 'x'.repeat(16_001) })],
    ['JSON nested too deeply', `{"message":"Olá","x":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('with %s is 400', async (_, body) => {
    expect(answered(await ask(freshId('s'), { body }))).toEqual({
      status: 400,
      error: { code: 'INVALID_MESSAGE', message: 'Mensagem inválida' },
    });
  });

  it('in a session with a bad id is 400', async () => {
    expect(answered(await ask('a.b', { body: { message: 'Olá' } }))).toEqual({
      status: 400,
      error: { code: 'INVALID_ID', message: 'Identificador inválido' },
    });
  });

  it('with a bad token is 401, for the session of somebody else 403', async () => {
    const session = freshId('s');
    const body = { message: 'Olá' };
    const refused = await ask(session, { token: bad, body });
    expect(answered(refused)).toEqual(unauthorized);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(answered(await ask(session, { gateway: 2, body }))).toEqual(unauthorized);
    expect((await ask(session, { token: maria, body })).status).toBe(202);
    expect(answered(await ask(session, { token: jose, body }))).toEqual(forbidden);
    expect(answered(await ask(session, { body }))).toEqual(forbidden);
  });

  it.each([70_000, 2_000_000])('with a body of %d bytes is 413', async (length) => {
    const body = JSON.stringify({ message: 'x'.repeat(length) });
    expect(answered(await ask(freshId('s'), { body }))).toEqual({
      status: 413,
      error: { code: 'MESSAGE_TOO_BIG', message: 'Mensagem grande demais' },
    });
  });

  it('more than a minute allows is 429, sockets counted', async () => {
    await using socket = await system.openChat(freshId('s'), { gateway: 1 });
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    await socket.next('chat_accepted');
    const result = await ask(freshId('s'), { gateway: 1, body: { message: 'Olá' } });
    expect(answered(result)).toMatchObject({ status: 429, error: { code: 'RATE_LIMIT' } });
    expect(Number(result.headers['retry-after'])).toBeGreaterThan(30);
    const other = await ask(freshId('s'), { gateway: 1, token: maria, body: { message: 'Olá' } });
    expect(other.status).toBe(202);
  });

  it('faster than RATE_LIMIT_PER_SECOND is 429', async () => {
    const token = userToken({ sub: freshId('u') });
    const body = { message: 'Olá' };
    const results = await Promise.all(
      Array.from({ length: 6 }, () => ask(freshId('s'), { gateway: 2, token, body })),
    );
    const refused = results.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(2);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect(results.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
  });

  it('for a ninth chat at once is 429, however they were asked', async () => {
    const session = freshId('s');
    for (let count = 0; count < 8; count += 1) {
      expect((await ask(session, { body: { message: freshId('q') } })).status).toBe(202);
    }
    const result = await ask(session, { body: { message: 'Olá' } });
    expect(answered(result)).toMatchObject({ status: 429, error: { code: 'LIMIT' } });
    await using socket = await system.openChat(session);
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    expect((await socket.next('error')).data['code']).toBe('LIMIT');
  });

  it('by another method is 405', async () => {
    const { status, headers } = await httpAsk(system.url('/api/v1/chat/s-1'));
    expect([status, headers.allow]).toEqual([405, 'POST, OPTIONS']);
  });
});

describe('CORS', () => {
  const preflight = (path: string, origin: string): Promise<HttpResult> =>
    httpAsk(system.url(path, { gateway: 1 }), {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    });

  it('lets pages of allowed origins ask and read', async () => {
    const { status, headers } = await preflight('/api/v1/chat/s-1', ORIGIN);
    expect(status).toBe(204);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers['access-control-allow-methods']).toContain('POST');
    expect(headers['access-control-allow-headers']?.toLowerCase()).toMatch(/authorization.*last-event-id/);
    const asked = await ask(freshId('s'), {
      gateway: 1,
      token: userToken({ sub: freshId('u') }),
      headers: { Origin: ORIGIN },
      body: { message: 'Olá' },
    });
    expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([202, ORIGIN]);
    const url = system.url(`/sse/chat/${freshId('s')}`, { gateway: 1 });
    await using stream = await SseClient.open(url, { headers: { Origin: ORIGIN } });
    expect(stream.headers['access-control-allow-origin']).toBe(ORIGIN);
    const refused = await httpAsk(system.url('/sse/chat/s-1', { gateway: 1, token: bad }), {
      headers: { Origin: ORIGIN },
    });
    expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it('keeps pages of others out', async () => {
    const origin = 'https://evil.example';
    const { status, headers } = await preflight('/api/v1/chat/s-1', origin);
    expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined]);
    const asked = await ask(freshId('s'), {
      gateway: 1,
      headers: { Origin: origin },
      body: { message: 'a' },
    });
    expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  });
});
