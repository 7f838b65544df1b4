import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { httpAsk } from '../support/http-client.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { cursorOf } from '../support/server-frame.ts';
import { RefusedStream, SseClient } from '../support/sse-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const ORIGIN = 'https://cidadao.ai';
const agent = new PuppetAgent();
const maria = userToken({ sub: 'maria', name: 'Maria' });
const jose = userToken({ sub: 'jose' });
const bad = userToken({ sub: 'maria' }, 'another-secret-of-more-than-thirty-two-bytes');

let system: System;
beforeAll(async () => {
  const environment = { JWT_SECRET: USER_TOKEN_SECRET, HEARTBEAT_INTERVAL_MS: '200' };
  system = await System.start({ agent, environment });
  await system.addGateway({
    ALLOWED_ORIGINS: ORIGIN,
    MAX_CONNECTIONS_PER_IP: '1',
    INVESTIGATION_ACCESS: 'claim',
  });
  await system.addGateway({ AUTH_MODE: 'required', MAX_CONNECTIONS: '1' });
});
afterAll(() => system[Symbol.asyncDispose]());

interface Where {
  readonly gateway?: number;
  readonly since?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function open(path: string, { headers = {}, ...where }: Where = {}): Promise<SseClient> {
  return SseClient.open(system.url(path, where), { headers });
}

/** Status and body of a stream that is refused. */
async function refusal(path: string, where: Where = {}): Promise<unknown> {
  try {
    await using stream = await open(path, where);
    return stream.frames;
  } catch (error) {
    if (!(error instanceof RefusedStream)) throw error;
    expect(error.headers['content-type']).toMatch(/^application\/json/);
    return { status: error.status, ...(JSON.parse(error.body) as object) };
  }
}

const unauthorized = { status: 401, error: { code: 'UNAUTHORIZED', message: 'Autenticação inválida' } };
const forbidden = { status: 403, error: { code: 'FORBIDDEN', message: 'Acesso negado' } };
const unavailable = {
  status: 503,
  error: { code: 'UNAVAILABLE', message: 'Serviço temporariamente indisponível' },
};

describe('a stream of a session', () => {
  it.each(['/sse/chat/', '/api/v1/sse/chat/'])('%s begins with connection', async (path) => {
    const id = freshId('s');
    await using stream = await open(path + id);
    const welcome = await stream.next('connection');
    expect(stream.frames[0]).toBe(welcome);
    expect(welcome.data).toEqual({
      status: 'connected',
      session_id: id,
      message: 'Conectado ao Cidadão.AI em tempo real',
      cursor: expect.stringMatching(/^.{1,512}$/) as unknown,
    });
    expect(welcome.eventId).toBeUndefined();
    expect(stream.headers['content-type']).toBe('text/event-stream');
    expect(stream.headers['cache-control']).toBe('no-store');
    expect(stream.retryMs).toBeGreaterThanOrEqual(1_000);
  });

  it('has what a socket of the session gets, event for event', async () => {
    const id = freshId('s');
    await using socket = await system.openChat(id);
    await using stream = await open(`/sse/chat/${id}`);
    await stream.next('connection');
    const chat = await holdChat(agent, socket);
    await system.publisher.store(`session.${id}.notification`, { text: 'linha\nnova', n: 1 });
    await socket.next('notification');
    await finishChat(chat, socket, ['Há ', 'três.']);
    const seen = await stream.until(({ type }) => type === 'chat_complete');
    const told = seen.filter(({ type }) => type !== 'presence');
    const durable = told.filter(({ type }) => type !== 'typing');
    const sent = socket.frames.filter(({ cursor }) => cursor !== undefined);
    expect(durable).toEqual(sent.map((frame) => ({ ...frame, eventId: frame.cursor })));
    expect(told.filter(({ type }) => type === 'typing').map(({ eventId }) => eventId)).toEqual([undefined]);
  });

  it('has the events of subscribed investigations without an id', async () => {
    const id = freshId('s');
    const investigation = freshId('INV');
    await using socket = await system.openChat(id);
    socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await socket.next('subscribed');
    await using stream = await open(`/sse/chat/${id}`);
    await stream.next('connection');
    await system.publisher.store(`investigation.${investigation}.progress`, { percent: 5 });
    const event = await stream.next('investigation_progress');
    expect(event.channel).toBe(`investigation.${investigation}`);
    expect(event.eventId).toBeUndefined();
  });

  it('goes on from Last-Event-ID, which counts before since', async () => {
    const id = freshId('s');
    await using stream = await open(`/sse/chat/${id}`);
    const since = cursorOf(await stream.next('connection'));
    for (const n of [1, 2, 3]) await system.publisher.store(`session.${id}.notification`, { n });
    const events = await stream.until(({ data }) => data['n'] === 3);
    const first = events.find(({ data }) => data['n'] === 1);

    await using bySince = await open(`/sse/chat/${id}`, { since });
    expect((await bySince.next('connection')).data['recovered']).toBe(true);
    expect((await bySince.next('notification')).data).toEqual({ n: 1 });

    const headers = { 'Last-Event-ID': first?.eventId ?? '' };
    await using byId = await open(`/sse/chat/${id}`, { since, headers });
    expect((await byId.next('connection')).data['recovered']).toBe(true);
    expect((await byId.next('notification')).data).toEqual({ n: 2 });
    expect((await byId.next('notification')).data).toEqual({ n: 3 });
  });
});

describe('a stream of an investigation', () => {
  it.each(['/sse/investigations/', '/api/v1/sse/investigations/'])('%s follows it', async (path) => {
    const id = freshId('INV');
    await using stream = await open(path + id);
    const welcome = await stream.next('connection');
    expect(welcome.data['session_id']).toMatch(new RegExp(`^investigation-${id}-`));
    await system.publisher.store(`investigation.${id}.anomaly`, { severity: 'high' });
    const anomaly = await stream.next('anomaly_detected');
    expect(anomaly.channel).toBe(`investigation.${id}`);
    expect(anomaly.eventId).toBe(anomaly.cursor);
    expect((await stream.next('heartbeat')).eventId).toBeUndefined();
    await system.publisher.store(`investigation.${id}.progress`, { percent: 1 });
    await using back = await open(path + id, { headers: { 'Last-Event-ID': anomaly.eventId ?? '' } });
    expect((await back.next('connection')).data['recovered']).toBe(true);
    expect((await back.next('investigation_progress')).data['percent']).toBe(1);
  });
});

describe('a stream is refused', () => {
  it.each(['/sse/chat/a.b', '/sse/chat/', '/sse/investigations/%2e', `/sse/chat/${'x'.repeat(129)}`])(
    'with 400 for a bad id: %s',
    async (path) => {
      expect(await refusal(path)).toEqual({
        status: 400,
        error: { code: 'INVALID_ID', message: 'Identificador inválido' },
      });
    },
  );

  it('with 400 for what is no cursor', async () => {
    const wrong = { status: 400, error: { code: 'INVALID_PARAMETER', message: 'Parâmetro since inválido' } };
    expect(await refusal('/sse/chat/s-1', { since: 'x' })).toEqual(wrong);
    expect(await refusal('/sse/investigations/i', { headers: { 'Last-Event-ID': 'x' } })).toEqual(wrong);
  });

  it.each(['/sse', '/sse/other/s-1', '/api/v2/sse/chat/s-1', '/sse/chat'])(
    'with 404 for another path: %s',
    async (path) => {
      expect(await refusal(path)).toEqual({
        status: 404,
        error: { code: 'NOT_FOUND', message: 'Caminho desconhecido' },
      });
    },
  );

  it('with 405 for another method', async () => {
    const { status, headers } = await httpAsk(system.url('/sse/chat/s-1'), { method: 'POST' });
    expect([status, headers.allow]).toEqual([405, 'GET, OPTIONS']);
  });

  it('with 401 for a bad token, or none where one is required', async () => {
    const id = freshId('s');
    expect(await refusal(`/sse/chat/${id}`, { token: bad })).toEqual(unauthorized);
    expect(
      await refusal(`/sse/investigations/${id}`, { headers: { Authorization: 'Bearer x.y.z' } }),
    ).toEqual(unauthorized);
    expect(await refusal(`/sse/chat/${id}`, { gateway: 2 })).toEqual(unauthorized);
  });

  it("with 403 for somebody else's session, and for an investigation that is not in the token", async () => {
    const id = freshId('s');
    await using owner = await open(`/sse/chat/${id}`, { token: maria });
    await owner.next('connection');
    expect(await refusal(`/sse/chat/${id}`, { token: jose })).toEqual(forbidden);
    expect(await refusal(`/sse/chat/${id}`)).toEqual(forbidden);
    expect(await refusal(`/sse/investigations/${id}`, { gateway: 1, token: maria })).toEqual(forbidden);
  });

  it('with 403 for an origin that is not allowed', async () => {
    expect(
      await refusal('/sse/chat/s-1', { gateway: 1, headers: { Origin: 'https://evil.example' } }),
    ).toEqual({
      status: 403,
      error: { code: 'FORBIDDEN', message: 'Origem não permitida' },
    });
  });

  it('with 429 for too many from one address, sockets counted', async () => {
    await using socket = await system.openChat(freshId('s'), { gateway: 1 });
    expect(await refusal(`/sse/chat/${freshId('s')}`, { gateway: 1 })).toEqual({
      status: 429,
      error: { code: 'TOO_MANY_CONNECTIONS', message: 'Muitas conexões deste endereço' },
    });
    await socket.close();
  });

  it('with 503 at capacity, until a stream has ended', async () => {
    const first = await open(`/sse/chat/${freshId('s')}`, { gateway: 2, token: maria });
    expect(await refusal(`/sse/chat/${freshId('s')}`, { gateway: 2, token: maria })).toEqual(unavailable);
    await first.cut();
    await using second = await open(`/sse/chat/${freshId('s')}`, { gateway: 2, token: maria });
    await second.next('connection');
  });
});

describe('a stream ends with an error event', () => {
  it('when its token expires', async () => {
    const token = userToken({ sub: 'maria', expiresInSeconds: 2 });
    await using stream = await open(`/sse/chat/${freshId('s')}`, { token });
    expect((await stream.next('error')).data).toEqual({
      code: 'TOKEN_EXPIRED',
      message: 'Token expirado',
      retryable: false,
    });
    expect(await stream.ended).toBe('whole');
  });

  it('when it is revoked', async () => {
    const id = freshId('s');
    await using stream = await open(`/sse/chat/${id}`);
    await stream.next('connection');
    await system.publisher.store('control.revoke', { session_id: id });
    expect((await stream.next('error')).data['code']).toBe('REVOKED');
    expect(await stream.ended).toBe('whole');
  });

  it('when somebody becomes the owner', async () => {
    const id = freshId('s');
    await using stream = await open(`/sse/chat/${id}`);
    await stream.next('connection');
    await using owner = await system.openChat(id, { token: maria });
    expect((await stream.next('error')).data['code']).toBe('FORBIDDEN');
    expect(await owner.untilPong()).toEqual([]);
    expect(await stream.ended).toBe('whole');
  });
});
