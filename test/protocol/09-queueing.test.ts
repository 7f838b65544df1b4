import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, isEnd, typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { System } from '../support/system.ts';

const agent = new PuppetAgent();

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

it('has at most 8 chats of a socket wait, each told its position, and answers LIMIT to one more', async () => {
  await using socket = await system.openChat(freshId('s'));
  const chat = await holdChat(agent, socket);
  for (let position = 1; position <= 8; position += 1) {
    socket.send({ type: 'chat', id: `r-${position}`, data: { message: 'depois' } });
    expect((await socket.next('queued')).data).toEqual({ request_id: `r-${position}`, position });
  }
  socket.send({ type: 'chat', id: 'r-9', data: { message: 'depois' } });
  expect((await socket.next('error')).data).toEqual({
    code: 'LIMIT',
    message: 'Limite atingido',
    request_id: 'r-9',
    retryable: true,
  });
  for (let position = 1; position <= 8; position += 1) {
    socket.send({ type: 'cancel', data: { request_id: `r-${position}` } });
  }
  await finishChat(chat, socket);
});

it('tells the request_id of a chat without an id', async () => {
  await using socket = await system.openChat(freshId('s'));
  const chat = await holdChat(agent, socket);
  const message = freshId('pergunta');
  socket.send({ type: 'chat', data: { message } });
  const { data } = await socket.next('queued');
  expect(data['request_id']).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
  await finishChat(chat, socket);
  (await agent.call(message)).end();
  const end = await socket.next('chat_complete');
  expect(end.data['request_id']).toBe(data['request_id']);
});

it('lets the next one go when the one before has ended, however it ended, in the order they came', async () => {
  await using socket = await system.openChat(freshId('s'));
  const first = await holdChat(agent, socket);
  const messages = ['a', 'b', 'c'].map((name) => freshId(name));
  messages.forEach((message, index) => socket.send({ type: 'chat', id: `r-${index}`, data: { message } }));
  for (let count = 0; count < 3; count += 1) await socket.next('queued');
  await finishChat(first, socket);
  (await agent.call(messages[0] ?? '')).fail(new Error('the model is gone'));
  await socket.next('error');
  await agent.call(messages[1] ?? '');
  socket.send({ type: 'cancel', data: { request_id: 'r-1' } });
  await socket.next('chat_complete');
  (await agent.call(messages[2] ?? '')).end();
  await socket.next('chat_complete');

  const chats = socket.frames.filter(({ type, cursor }) => type !== 'chat' && cursor !== undefined);
  expect(chats.map(({ type, data }) => [type, data['request_id']])).toEqual([
    ['chat_accepted', first.requestId],
    ['chat_complete', first.requestId],
    ['chat_accepted', 'r-0'],
    ['error', 'r-0'],
    ['chat_accepted', 'r-1'],
    ['chat_complete', 'r-1'],
    ['chat_accepted', 'r-2'],
    ['chat_complete', 'r-2'],
  ]);
});

it('moves up those behind a chat that is taken out', async () => {
  await using socket = await system.openChat(freshId('s'));
  const chat = await holdChat(agent, socket);
  for (const id of ['r-1', 'r-2', 'r-3']) socket.send({ type: 'chat', id, data: { message: 'depois' } });
  for (let count = 0; count < 3; count += 1) await socket.next('queued');
  socket.send({ type: 'cancel', data: { request_id: 'r-2' } });
  await socket.next('chat_complete');
  socket.send({ type: 'chat', id: 'r-3', data: { message: 'depois' } });
  expect((await socket.next('queued')).data).toEqual({ request_id: 'r-3', position: 2 });
  for (const id of ['r-1', 'r-3']) socket.send({ type: 'cancel', data: { request_id: id } });
  await finishChat(chat, socket);
});

describe('a waiting chat', () => {
  it('is known to its socket only', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await using other = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, socket);
    socket.send({ type: 'chat', id: 'waits', data: { message: 'depois' } });
    await socket.next('queued');
    for (const client of [other, elsewhere]) {
      client.send({ type: 'cancel', data: { request_id: 'waits' } });
      expect((await client.next('error')).data['code']).toBe('NOT_FOUND');
    }
    socket.send({ type: 'cancel', data: { request_id: 'waits' } });
    await socket.next('chat_complete');
    await finishChat(chat, socket);
    await other.next('chat_complete');
    const ids = other.frames.map(({ data }) => data['request_id']);
    expect(ids.filter((id) => id === 'waits')).toHaveLength(1); // The answer to its own cancel.
  });

  it('is gone when its socket ends, and can be asked again', async () => {
    const session = freshId('s');
    const socket = await system.openChat(session);
    await using other = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    const message = freshId('pergunta');
    socket.send({ type: 'chat', id: 'waits', data: { message } });
    await socket.next('queued');
    await socket.close();
    await finishChat(chat, other);
    const again = await holdChat(agent, other, { id: 'waits', message });
    await finishChat(again, other);
    const accepted = other.frames.filter(({ type }) => type === 'chat_accepted');
    expect(accepted.map(({ data }) => data)).toEqual([
      { request_id: chat.requestId, role: 'user', message: chat.message },
      { request_id: 'waits', role: 'user', message },
    ]);
    expect(agent.callsFor(message)).toHaveLength(1);
  });
});

it('holds nothing up on other sockets of the session', async () => {
  const session = freshId('s');
  await using one = await system.openChat(session);
  await using other = await system.openChat(session);
  const first = await holdChat(agent, one);
  const second = await holdChat(agent, other);
  await finishChat(second, other);
  await finishChat(first, one);
  expect(typesOf(one.frames)).not.toContain('queued');
  expect(typesOf(other.frames)).not.toContain('queued');
  const ends = one.frames.filter((frame) => isEnd(frame)).map(({ data }) => data['request_id']);
  expect(ends).toEqual([second.requestId, first.requestId]);
});
