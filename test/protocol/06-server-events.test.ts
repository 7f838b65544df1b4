import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { scriptedIdentity } from '../support/scripted-agent.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const agent = new PuppetAgent();
const agentFields = { agent_id: scriptedIdentity.id, agent_name: scriptedIdentity.name };

let system: System;
beforeAll(async () => {
  system = await System.start({
    agent,
    environment: { JWT_SECRET: USER_TOKEN_SECRET, HEARTBEAT_INTERVAL_MS: '100' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

/** Everything of a frame but what differs from run to run. */
function told({ type, data, channel }: ServerFrame): unknown {
  return channel === undefined ? { type, data } : { type, data, channel };
}

const cursor: unknown = expect.stringMatching(/^.{1,512}$/);

describe('connection', () => {
  it('is first on a chat socket', async () => {
    const id = freshId('s');
    await using socket = await system.openChat(id);
    expect(socket.frames.map(told)).toEqual([
      {
        type: 'connection',
        data: {
          status: 'connected',
          session_id: id,
          message: 'Conectado ao Cidadão.AI em tempo real',
          cursor,
        },
      },
    ]);
  });

  it('says recovered where since was given', async () => {
    const id = freshId('s');
    await using first = await system.openChat(id);
    const since = first.frames[0]?.data['cursor'] as string;
    await using second = await system.openChat(id, { since });
    expect(second.frames[0]?.data).toEqual({
      status: 'connected',
      session_id: id,
      message: 'Conectado ao Cidadão.AI em tempo real',
      cursor,
      recovered: true,
    });
  });

  it('is first on an investigation socket, with a session of its own', async () => {
    const id = freshId('INV');
    await using one = await system.openInvestigation(id);
    await using other = await system.openInvestigation(id);
    const names = [one, other].map(({ frames }) => frames[0]?.data['session_id'] as string);
    for (const name of names) {
      expect(name.startsWith(`investigation-${id}-`)).toBe(true);
      expect(name.slice(`investigation-${id}-`.length)).toMatch(
        /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      );
    }
    expect(names[0]).not.toBe(names[1]);
    expect(one.frames.map(told)).toEqual([
      {
        type: 'connection',
        data: {
          status: 'connected',
          session_id: names[0],
          message: 'Conectado ao Cidadão.AI em tempo real',
          cursor,
        },
      },
    ]);
  });
});

describe('a chat', () => {
  it('is chat_accepted, typing, chat and chat_complete', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    const request_id = chat.requestId;
    chat.call.say('Há ');
    await socket.nextWhere(({ data }) => data['content'] === 'Há ');
    chat.call.say('três.');
    chat.call.end();
    await socket.next('chat_complete');
    const chunk = { role: 'assistant', ...agentFields, chunk: true, request_id };
    expect(socket.frames.slice(1).map(told)).toEqual([
      {
        type: 'chat_accepted',
        data: { request_id, role: 'user', message: chat.message },
        channel: 'session',
      },
      { type: 'typing', data: { agent: 'processing', isTyping: true, request_id } },
      { type: 'chat', data: { ...chunk, content: 'Há ', chunk_index: 0 }, channel: 'session' },
      { type: 'chat', data: { ...chunk, content: 'três.', chunk_index: 1 }, channel: 'session' },
      {
        type: 'chat_complete',
        data: {
          status: 'completed',
          request_id,
          ...agentFields,
          content: 'Há três.',
          is_complete: true,
        },
        channel: 'session',
      },
    ]);
  });

  it('names the user where there is one', async () => {
    for (const [claims, user] of [
      [{ sub: 'maria' }, { id: 'maria' }],
      [
        { sub: 'joão|1', name: 'João' },
        { id: 'joão|1', name: 'João' },
      ],
    ] as const) {
      await using socket = await system.openChat(freshId('s'), { token: userToken(claims) });
      const chat = await holdChat(agent, socket);
      expect((await socket.next('chat_accepted')).data['user']).toEqual(user);
      await finishChat(chat, socket);
    }
  });

  it('that fails ends in error', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    chat.call.fail(new Error('the model is gone'));
    expect(told(await socket.next('error'))).toEqual({
      type: 'error',
      data: {
        code: 'CHAT_FAILED',
        message: 'Erro ao processar mensagem',
        request_id: chat.requestId,
        retryable: true,
      },
      channel: 'session',
    });
  });

  it('that waits is queued, and cancelled without a place in the channel', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    socket.send({ type: 'chat', id: 'waits', data: { message: 'depois' } });
    expect(told(await socket.next('queued'))).toEqual({
      type: 'queued',
      data: { request_id: 'waits', position: 1 },
    });
    socket.send({ type: 'cancel', data: { request_id: 'waits' } });
    expect(told(await socket.next('chat_complete'))).toEqual({
      type: 'chat_complete',
      data: {
        status: 'cancelled',
        request_id: 'waits',
        agent_id: null,
        agent_name: null,
        content: '',
        is_complete: true,
      },
    });
    await finishChat(chat, socket);
  });
});

describe('an investigation', () => {
  it('is subscribed, its events, and unsubscribed', async () => {
    const id = freshId('INV');
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'subscribe', data: { investigation_id: id } });
    expect(told(await socket.next('subscribed'))).toEqual({
      type: 'subscribed',
      data: {
        investigation_id: id,
        message: `Inscrito para atualizações da investigação ${id}`,
        cursor,
      },
    });
    await system.publisher.store(`investigation.${id}.progress`, { percent: 40 });
    expect(told(await socket.next('investigation_progress'))).toEqual({
      type: 'investigation_progress',
      data: { percent: 40, investigation_id: id, update_type: 'progress' },
      channel: `investigation.${id}`,
    });
    await system.publisher.store(`investigation.${id}.anomaly`, { severity: 'high', supplier: 'ACME' });
    expect(told(await socket.next('anomaly_detected'))).toEqual({
      type: 'anomaly_detected',
      data: {
        investigation_id: id,
        severity: 'high',
        description: null,
        details: { severity: 'high', supplier: 'ACME' },
      },
      channel: `investigation.${id}`,
    });
    socket.send({ type: 'unsubscribe', data: { investigation_id: id } });
    expect(told(await socket.next('unsubscribed'))).toEqual({
      type: 'unsubscribed',
      data: { investigation_id: id },
    });
  });

  it('has heartbeats on its own sockets', async () => {
    const id = freshId('INV');
    await using socket = await system.openInvestigation(id);
    expect(told(await socket.next('heartbeat'))).toEqual({
      type: 'heartbeat',
      data: { investigation_id: id },
    });
  });
});

it('a notification is what was published', async () => {
  const id = freshId('s');
  await using socket = await system.openChat(id);
  await system.publisher.store(`session.${id}.notification`, { title: 'Relatório pronto', report_id: 17 });
  expect(told(await socket.next('notification'))).toEqual({
    type: 'notification',
    data: { title: 'Relatório pronto', report_id: 17 },
    channel: 'session',
  });
});

describe('answers', () => {
  it('to history', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'history' });
    const { data } = await socket.next('history');
    expect(data).toMatchObject({ events: [], more: false });
    const chat = await holdChat(agent, socket);
    const end = await finishChat(chat, socket);
    socket.send({ type: 'history' });
    const { type, data: page, ...rest } = await socket.next('history');
    expect(Object.keys(rest).sort()).toEqual(['id', 'timestamp']);
    expect({ type, page }).toEqual({
      type: 'history',
      page: {
        events: [
          {
            type: 'chat_accepted',
            data: { request_id: chat.requestId, role: 'user', message: chat.message },
            timestamp: expect.any(String) as string,
            id: expect.any(String) as string,
          },
          { type: end.type, data: end.data, timestamp: end.timestamp, id: end.id },
        ],
        before: cursor,
        more: false,
      },
    });
  });

  it('to auth', async () => {
    await using socket = await system.openChat(freshId('s'));
    const before = Math.floor(Date.now() / 1_000);
    socket.send({ type: 'auth', data: { token: userToken({ sub: 'maria', expiresInSeconds: 600 }) } });
    const { data } = await socket.next('authenticated');
    expect(Object.keys(data)).toEqual(['expires_at']);
    const expiresAtSeconds = Date.parse(data['expires_at'] as string) / 1_000;
    expect(expiresAtSeconds).toBeGreaterThanOrEqual(before + 600);
    expect(expiresAtSeconds).toBeLessThanOrEqual(before + 602);
  });

  it('to ping', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'ping' });
    expect(told(await socket.next('pong'))).toEqual({ type: 'pong', data: {} });
  });
});
