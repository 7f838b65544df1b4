import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, isEnd, typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { scriptedIdentity } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';

const agent = new PuppetAgent();

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

function notFound(requestId: string): object {
  return { code: 'NOT_FOUND', message: 'Não encontrado', request_id: requestId, retryable: false };
}

describe('a running chat', () => {
  it.each([
    ['the socket that asked', 0],
    ['another socket', 1],
    ['a socket on another gateway', 2],
  ])('is ended by %s, with what there was of its answer', async (_, by) => {
    const session = freshId('s');
    await using asking = await system.openChat(session);
    await using beside = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1 });
    const sockets = [asking, beside, elsewhere];
    const chat = await holdChat(agent, asking);
    chat.call.say('Há três');
    for (const socket of sockets) await socket.next('chat');
    sockets[by]?.send({ type: 'cancel', data: { request_id: chat.requestId } });
    for (const socket of sockets) {
      const end = await socket.next('chat_complete');
      expect(end.channel).toBe('session');
      expect(end.data).toEqual({
        status: 'cancelled',
        request_id: chat.requestId,
        agent_id: scriptedIdentity.id,
        agent_name: scriptedIdentity.name,
        content: 'Há três',
        is_complete: true,
      });
    }
    expect(chat.call.request.signal.aborted).toBe(true);
    // Nothing of it comes after its end.
    await finishChat(await holdChat(agent, asking), asking);
    const ofCancelled = asking.frames.filter(({ data }) => data['request_id'] === chat.requestId);
    expect(typesOf(ofCancelled)).toEqual(['chat_accepted', 'typing', 'chat', 'chat_complete']);
  });

  it('is ended once, however often it is cancelled', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    for (let count = 0; count < 5; count += 1) {
      socket.send({ type: 'cancel', data: { request_id: chat.requestId } });
    }
    await socket.next('chat_complete');
    await finishChat(await holdChat(agent, socket), socket);
    const ends = socket.frames.filter(
      (frame) => isEnd(frame, chat.requestId) && frame.type === 'chat_complete',
    );
    expect(ends).toHaveLength(1);
    for (const frame of socket.frames.filter(({ type }) => type === 'error')) {
      expect(frame.data).toEqual(notFound(chat.requestId));
    }
  });

  it('counts as running from the moment it was sent', async () => {
    for (let round = 0; round < 10; round += 1) {
      await using socket = await system.openChat(freshId('s'));
      socket.send({ type: 'chat', id: 'r-1', data: { message: freshId('pergunta') } });
      socket.send({ type: 'cancel', data: { request_id: 'r-1' } });
      const end = await socket.nextWhere((frame) => isEnd(frame));
      expect(end.data).toMatchObject({ status: 'cancelled', request_id: 'r-1' });
      expect(typesOf(socket.frames)).not.toContain('error');
    }
  });

  it('is ended also while no worker has it yet', async () => {
    await using own = await System.start({ agent, workers: 0 });
    await using socket = await own.openChat(freshId('s'));
    const message = freshId('pergunta');
    socket.send({ type: 'chat', id: 'r-1', data: { message } });
    await socket.next('chat_accepted');
    socket.send({ type: 'cancel', data: { request_id: 'r-1' } });
    await socket.untilPong();
    await own.publisher.flush();
    await own.addWorker();
    expect((await socket.next('chat_complete')).data).toMatchObject({ status: 'cancelled', content: '' });
    expect(agent.callsFor(message)).toEqual([]);
  });
});

it('takes out a chat that waits on this socket, and tells it only', async () => {
  const session = freshId('s');
  await using socket = await system.openChat(session);
  await using other = await system.openChat(session);
  const chat = await holdChat(agent, socket);
  const message = freshId('pergunta');
  socket.send({ type: 'chat', id: 'waits', data: { message } });
  await socket.next('queued');
  socket.send({ type: 'cancel', data: { request_id: 'waits' } });
  const end = await socket.next('chat_complete');
  expect(end).not.toHaveProperty('cursor');
  expect(end).not.toHaveProperty('channel');
  expect(end.data).toMatchObject({ status: 'cancelled', request_id: 'waits', content: '' });
  await finishChat(chat, socket);
  await other.next('chat_complete');
  expect(other.frames.filter(({ data }) => data['request_id'] === 'waits')).toEqual([]);
  expect(agent.callsFor(message)).toEqual([]);
});

describe('NOT_FOUND answers a cancel of', () => {
  it('an unknown chat', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'cancel', data: { request_id: 'never-asked' } });
    expect((await socket.next('error')).data).toEqual(notFound('never-asked'));
  });

  it.each(['completed', 'cancelled', 'failed'])('a chat that has %s', async (how) => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    if (how === 'failed') chat.call.fail(new Error('the model is gone'));
    else if (how === 'cancelled') socket.send({ type: 'cancel', data: { request_id: chat.requestId } });
    else chat.call.end();
    await socket.nextWhere((frame) => isEnd(frame));
    socket.send({ type: 'cancel', data: { request_id: chat.requestId } });
    expect((await socket.next('error')).data).toEqual(notFound(chat.requestId));
  });

  it('a chat of another session, which goes on', async () => {
    await using socket = await system.openChat(freshId('s'));
    await using stranger = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    stranger.send({ type: 'cancel', data: { request_id: chat.requestId } });
    expect((await stranger.next('error')).data).toEqual(notFound(chat.requestId));
    expect((await finishChat(chat, socket)).data).toMatchObject({ status: 'completed' });
  });

  it('a chat that waits on another socket, which stays where it is', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await using other = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    const message = freshId('pergunta');
    socket.send({ type: 'chat', id: 'waits', data: { message } });
    await socket.next('queued');
    other.send({ type: 'cancel', data: { request_id: 'waits' } });
    expect((await other.next('error')).data).toEqual(notFound('waits'));
    await finishChat(chat, socket);
    (await agent.call(message)).end();
    expect((await socket.next('chat_complete')).data).toMatchObject({ status: 'completed' });
  });
});
