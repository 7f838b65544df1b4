import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { System } from '../support/system.ts';

const agent = new PuppetAgent();
const PARROT = '🦜';

let system: System;
beforeAll(async () => {
  system = await System.start({ agent });
});
afterAll(() => system[Symbol.asyncDispose]());

const INVALID_MESSAGE = { code: 'INVALID_MESSAGE', message: 'Mensagem inválida', retryable: false };
const UNKNOWN_TYPE = { code: 'UNKNOWN_TYPE', message: 'Tipo de mensagem desconhecido', retryable: false };

describe('what is no message', () => {
  it.each<[string, string | Uint8Array]>([
    ['an empty frame', ''],
    ['no JSON', 'olá'],
    ['half an object', '{"type":"ping"'],
    ['two objects', '{"type":"ping"}{"type":"ping"}'],
    ['null', 'null'],
    ['a string', '"ping"'],
    ['a number', '1'],
    ['an array', '[{"type":"ping"}]'],
    ['no type', '{}'],
    ['a type that is no string', '{"type":["ping"]}'],
    ['a binary frame', Buffer.from('{"type":"ping"}')],
    ['an empty binary frame', Buffer.alloc(0)],
  ])('is INVALID_MESSAGE and leaves the socket open: %s', async (_, frame) => {
    await using chat = await system.openChat(freshId('s'));
    await using investigation = await system.openInvestigation(freshId('INV'));
    for (const socket of [chat, investigation]) {
      socket.send(frame);
      expect((await socket.next('error')).data).toEqual(INVALID_MESSAGE);
      expect(await socket.untilPong()).toEqual([]);
    }
  });

  it.each(['', 'PING', 'pong', 'connection', '__proto__', 'constructor', 'toString', 'investigation_x'])(
    'is UNKNOWN_TYPE for the type "%s"',
    async (type) => {
      await using socket = await system.openChat(freshId('s'));
      socket.send(JSON.stringify({ type, data: {} }));
      expect((await socket.next('error')).data).toEqual(UNKNOWN_TYPE);
      expect(await socket.untilPong()).toEqual([]);
    },
  );
});

describe('fields that are missing or wrong', () => {
  it.each<[string, unknown]>([
    ['chat', undefined],
    ['chat', null],
    ['chat', {}],
    ['chat', []],
    ['chat', 'Olá'],
    ['chat', { message: '' }],
    ['chat', { message: 1 }],
    ['chat', { message: null }],
    ['chat', { content: '' }],
    ['chat', { message: 'Olá', agent_id: 1 }],
    ['cancel', undefined],
    ['subscribe', undefined],
    ['subscribe', { investigation_id: 'INV-1', since: 1 }],
    ['subscribe', { investigation_id: 'INV-1', since: '' }],
    ['subscribe', { investigation_id: 'INV-1', since: 'x'.repeat(513) }],
    ['subscribe', { investigation_id: 'INV-1', since: 'garbage' }],
    ['unsubscribe', undefined],
    ['history', { limit: 0 }],
    ['history', { limit: 201 }],
    ['history', { limit: 1.5 }],
    ['history', { limit: '10' }],
    ['history', { before: 'garbage' }],
    ['history', { before: 7 }],
    ['history', 'all'],
    ['auth', undefined],
    ['auth', {}],
    ['auth', { token: 1 }],
  ])('are INVALID_MESSAGE: %s with %j', async (type, data) => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type, data });
    expect((await socket.next('error')).data).toMatchObject(INVALID_MESSAGE);
    expect(await socket.untilPong()).toEqual([]);
  });
});

describe('chat', () => {
  it.each([
    ['16,000 characters', 'a'.repeat(16_000)],
    ['16,000 characters of four bytes', PARROT.repeat(16_000)],
    ['one character', '?'],
    ['white space, kept as it is', ' \n\t '],
    ['what JSON has to escape', '"\\\u0000\u001f\u2028\u2029</script>'],
    ['half of a surrogate pair', 'a\ud83eb'],
  ])('may say %s', async (_, message) => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'chat', data: { message } });
    const call = await agent.call(message);
    call.end();
    expect((await socket.next('chat_accepted')).data['message']).toBe(message);
    await socket.next('chat_complete');
  });

  it.each([
    ['16,001 characters', 'a'.repeat(16_001)],
    ['16,001 characters of three bytes', '€'.repeat(16_001)],
  ])('may not say %s', async (_, message) => {
    await using socket = await system.openChat(freshId('s'));
    for (const data of [{ message }, { content: message }]) {
      socket.send({ type: 'chat', data });
      expect((await socket.next('error')).data).toMatchObject(INVALID_MESSAGE);
    }
  });

  it('takes content for message, and message where both are given', async () => {
    await using socket = await system.openChat(freshId('s'));
    const [content, message] = [freshId('content'), freshId('message')];
    socket.send({ type: 'chat', data: { content } });
    (await agent.call(content)).end();
    expect((await socket.next('chat_accepted')).data['message']).toBe(content);
    await socket.next('chat_complete');
    socket.send({ type: 'chat', data: { content, message } });
    (await agent.call(message)).end();
    expect((await socket.next('chat_accepted')).data['message']).toBe(message);
    await socket.next('chat_complete');
  });

  it('hands agent_id to who answers, and null is none', async () => {
    await using socket = await system.openChat(freshId('s'));
    for (const [agentId, expected] of [
      ['zumbi', 'zumbi'],
      [null, undefined],
    ]) {
      const message = freshId('pergunta');
      socket.send({ type: 'chat', data: { message, agent_id: agentId } });
      const call = await agent.call(message);
      expect(call.request.agentId).toBe(expected);
      call.end();
      await socket.next('chat_complete');
    }
  });
});

describe('ping', () => {
  it.each([undefined, null, {}, { a: 1 }, 'x', 1, [1]])('with data %j is answered by pong', async (data) => {
    await using chat = await system.openChat(freshId('s'));
    await using investigation = await system.openInvestigation(freshId('INV'));
    for (const socket of [chat, investigation]) {
      socket.send({ type: 'ping', data });
      expect((await socket.next('pong')).data).toEqual({});
    }
  });
});

describe('order', () => {
  it('has nothing wait for a running chat', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    socket.send({ type: 'history', data: {} });
    await socket.next('history');
    socket.send({ type: 'subscribe', data: { investigation_id: freshId('INV') } });
    await socket.next('subscribed');
    await socket.untilPong();
    await finishChat(chat, socket);
  });

  it('is kept among subscribe, unsubscribe and history', async () => {
    await using socket = await system.openChat(freshId('s'));
    const data = { investigation_id: freshId('INV') };
    for (let round = 0; round < 3; round += 1) {
      socket.send({ type: 'subscribe', data });
      socket.send({ type: 'history', data: {} });
      socket.send({ type: 'unsubscribe', data });
    }
    const rounds = ['subscribed', 'history', 'unsubscribed'];
    const frames = [];
    for (let round = 0; round < 3; round += 1) {
      frames.push(...(await socket.until(({ type }) => type === 'unsubscribed')));
    }
    expect(typesOf(frames)).toEqual([...rounds, ...rounds, ...rounds]);
  });

  it('keeps what is sent before the welcome and answers it after', async () => {
    await using socket = await system.connect(`/ws/chat/${freshId('s')}`);
    const message = freshId('pergunta');
    socket.send({ type: 'subscribe', data: { investigation_id: 'INV-1' } });
    socket.send({ type: 'chat', data: { message } });
    (await agent.call(message)).end();
    const frames = await socket.until(({ type }) => type === 'chat_complete');
    expect(frames[0]?.type).toBe('connection');
    expect(typesOf(frames)).toEqual(expect.arrayContaining(['subscribed', 'chat_accepted']));
  });
});

describe('on an investigation socket', () => {
  it.each<[string, object]>([
    ['chat', { message: 'Olá' }],
    ['cancel', { request_id: 'msg_1' }],
    ['subscribe', { investigation_id: 'INV-1' }],
    ['unsubscribe', { investigation_id: 'INV-1' }],
    ['history', {}],
  ])('%s is refused, and the socket stays', async (type, data) => {
    const id = freshId('INV');
    await using socket = await system.openInvestigation(id);
    socket.send({ type, data });
    expect((await socket.next('error')).data).toEqual(UNKNOWN_TYPE);
    await system.publisher.store(`investigation.${id}.progress`, {});
    expect(typesOf(await socket.until(({ channel }) => channel !== undefined))).toEqual([
      'investigation_progress',
    ]);
  });
});
