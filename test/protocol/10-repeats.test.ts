import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerHoldsFence } from '../support/broker-fence.ts';
import { finishChat, holdChat, isEnd, typesOf, type HeldChat } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';

const agent = new PuppetAgent();

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

/** Sends the chat again and takes everything the socket gets for it that is not of the channel. */
async function repeat(socket: SocketClient, { requestId, message }: HeldChat): Promise<ServerFrame[]> {
  socket.send({ type: 'chat', id: requestId, data: { message } });
  await socket.nextWhere(({ data }) => data['duplicate'] === true);
  await socket.untilPong();
  const at = socket.frames.findLastIndex(({ data }) => data['duplicate'] === true);
  return socket.frames.slice(at).filter(({ type, cursor }) => cursor === undefined && type !== 'pong');
}

function duplicateOf({ requestId, message }: HeldChat): object {
  return { request_id: requestId, role: 'user', message, duplicate: true };
}

describe('while the chat runs', () => {
  it('is answered by chat_accepted with duplicate, to the asking socket only', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await using other = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, socket);
    await other.next('typing');
    await elsewhere.next('typing');
    for (const asking of [socket, other, elsewhere]) {
      const [accepted, ...more] = await repeat(asking, chat);
      expect(accepted?.data).toEqual(duplicateOf(chat));
      expect(accepted).not.toHaveProperty('channel');
      expect(more).toEqual([]);
    }
    await finishChat(chat, socket);
    await other.next('chat_complete');
    await elsewhere.next('chat_complete');
    for (const asking of [socket, other, elsewhere]) {
      const types = typesOf(asking.frames.filter(({ type }) => type !== 'pong'));
      expect(types.filter((type) => type === 'chat_accepted')).toHaveLength(2);
      expect(types.filter((type) => type === 'typing')).toHaveLength(1);
      expect(types.filter((type) => type === 'chat_complete')).toHaveLength(1);
      expect(types).not.toContain('queued');
    }
    expect(agent.callsFor(chat.message)).toHaveLength(1);
  });

  it('is a repeat by its id alone, whatever it says', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    const other = freshId('outra');
    socket.send({ type: 'chat', id: chat.requestId, data: { message: other, agent_id: 'zumbi' } });
    expect((await socket.nextWhere(({ data }) => data['duplicate'] === true)).data).toEqual(
      duplicateOf(chat),
    );
    await finishChat(chat, socket);
    expect(agent.callsFor(other)).toEqual([]);
  });

  it('never waits, also behind another chat that runs on the socket', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await using other = await system.openChat(session);
    const running = await holdChat(agent, socket);
    const ended = await holdChat(agent, other);
    await finishChat(ended, other);
    await socket.nextWhere((frame) => isEnd(frame, ended.requestId));
    const [accepted, end, ...more] = await repeat(socket, ended);
    expect(accepted?.data).toEqual(duplicateOf(ended));
    expect(end?.data).toMatchObject({ status: 'completed', request_id: ended.requestId });
    expect(more).toEqual([]);
    await finishChat(running, socket);
    expect(typesOf(socket.frames)).not.toContain('queued');
  });
});

describe('in the same instant', () => {
  it('from one socket is one chat, and nothing waits', async () => {
    await using socket = await system.openChat(freshId('s'));
    const message = freshId('pergunta');
    for (let count = 0; count < 3; count += 1) socket.send({ type: 'chat', id: 'r-1', data: { message } });
    const call = await agent.call(message);
    for (let count = 0; count < 2; count += 1) {
      await socket.nextWhere(({ data }) => data['duplicate'] === true);
    }
    call.say('Pronto.');
    call.end();
    await socket.nextWhere(({ type, cursor }) => type === 'chat_complete' && cursor !== undefined);
    await socket.untilPong();
    expect(typesOf(socket.frames)).not.toContain('queued');
    expect(socket.frames.filter(({ type }) => type === 'chat_accepted')).toHaveLength(3);
    expect(agent.callsFor(message)).toHaveLength(1);
  });

  it.skipIf(!brokerHoldsFence())(
    'from sockets on several gateways is one chat and one generation',
    async () => {
      for (let round = 0; round < 5; round += 1) {
        const session = freshId('s');
        const message = freshId('pergunta');
        const sockets = await Promise.all(
          [0, 0, 1, 1].map((gateway) => system.openChat(session, { gateway })),
        );
        for (const socket of sockets) socket.send({ type: 'chat', id: 'um id livre', data: { message } });
        const call = await agent.call(message);
        call.say('Pronto.');
        const accepted = await Promise.all(
          sockets.map(async (socket) => {
            await socket.nextWhere(({ type, cursor }) => type === 'chat' && cursor !== undefined);
            return socket.frames.filter(
              ({ type, cursor }) => type === 'chat_accepted' && cursor !== undefined,
            );
          }),
        );
        for (const frames of accepted) expect(frames).toHaveLength(1);
        expect(new Set(accepted.flat().map(({ id }) => id)).size).toBe(1);
        call.end();
        for (const socket of sockets) {
          await socket.nextWhere(({ type, cursor }) => type === 'chat_complete' && cursor !== undefined);
        }
        expect(agent.callsFor(message)).toHaveLength(1);
        const duplicates = sockets.flatMap(({ frames }) =>
          frames.filter(({ data }) => data['duplicate'] === true),
        );
        for (const socket of sockets) await socket[Symbol.asyncDispose]();
        expect(duplicates.length).toBeLessThanOrEqual(3);
      }
    },
  );
});

describe('after the end', () => {
  it('gets the last event again, as it was but without a place in the channel', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    const sent = await finishChat(chat, socket);
    await using later = await system.openChat(session, { gateway: 1 });
    for (const asking of [socket, later]) {
      const [accepted, end, ...more] = await repeat(asking, chat);
      expect(accepted?.data).toEqual(duplicateOf(chat));
      const { type, data, timestamp, id } = sent;
      expect(end).toEqual({ type, data, timestamp, id });
      expect(more).toEqual([]);
    }
    expect(agent.callsFor(chat.message)).toHaveLength(1);
  });

  it.each(['failed', 'cancelled'])('starts nothing either when it %s', async (how) => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    if (how === 'failed') chat.call.fail(new Error('the model is gone'));
    else socket.send({ type: 'cancel', data: { request_id: chat.requestId } });
    const sent = await socket.nextWhere((frame) => isEnd(frame));
    const [accepted, end, ...more] = await repeat(socket, chat);
    expect(accepted?.data).toEqual(duplicateOf(chat));
    expect(end?.data).toEqual(sent.data);
    expect(more).toEqual([]);
    expect(agent.callsFor(chat.message)).toHaveLength(1);
  });

  it('is answered although the session runs as many chats as it may', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const ended = await holdChat(agent, socket);
    await finishChat(ended, socket);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => system.openChat(session)));
    const running: HeldChat[] = [];
    for (const each of sockets) running.push(await holdChat(agent, each));
    for (let count = 0; count < 8; count += 1) await socket.next('typing');
    const [accepted, end] = await repeat(socket, ended);
    expect(accepted?.data).toEqual(duplicateOf(ended));
    expect(end?.type).toBe('chat_complete');
    for (const chat of running) await finishChat(chat, socket);
    for (const each of sockets) await each[Symbol.asyncDispose]();
  });

  it('is answered although as many chats wait on the socket as may', async () => {
    await using socket = await system.openChat(freshId('s'));
    const ended = await holdChat(agent, socket);
    await finishChat(ended, socket);
    const running = await holdChat(agent, socket);
    for (let count = 1; count <= 8; count += 1) {
      socket.send({ type: 'chat', id: `r-${count}`, data: { message: 'depois' } });
      await socket.next('queued');
    }
    const [accepted, end] = await repeat(socket, ended);
    expect(accepted?.data).toEqual(duplicateOf(ended));
    expect(end?.type).toBe('chat_complete');
    for (let count = 1; count <= 8; count += 1) {
      socket.send({ type: 'cancel', data: { request_id: `r-${count}` } });
    }
    await finishChat(running, socket);
  });
});

it('of a chat that waits on the socket is queued again, and stays one', async () => {
  await using socket = await system.openChat(freshId('s'));
  const chat = await holdChat(agent, socket);
  const message = freshId('pergunta');
  for (let count = 0; count < 3; count += 1) {
    socket.send({ type: 'chat', id: 'waits', data: { message } });
    expect((await socket.next('queued')).data).toEqual({ request_id: 'waits', position: 1 });
  }
  await finishChat(chat, socket);
  (await agent.call(message)).end();
  await socket.next('chat_complete');
  await socket.untilPong();
  expect(socket.frames.filter(({ data }) => data['request_id'] === 'waits').map(({ type }) => type)).toEqual([
    'queued',
    'queued',
    'queued',
    'chat_accepted',
    'typing',
    'chat_complete',
  ]);
});

it('in another session is another chat', async () => {
  await using socket = await system.openChat(freshId('s'));
  await using other = await system.openChat(freshId('s'));
  const chat = await holdChat(agent, socket, { id: 'r-1' });
  const another = await holdChat(agent, other, { id: 'r-1' });
  await finishChat(chat, socket, ['Um.']);
  expect((await finishChat(another, other, ['Outro.'])).data['content']).toBe('Outro.');
});

it('without an id is never one', async () => {
  await using socket = await system.openChat(freshId('s'));
  const message = freshId('pergunta');
  for (let count = 0; count < 2; count += 1) {
    socket.send({ type: 'chat', data: { message } });
    (await agent.call(message)).end();
    await socket.next('chat_complete');
  }
  expect(agent.callsFor(message)).toHaveLength(2);
});
