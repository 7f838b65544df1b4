import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { fixedAgent } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';

const QUEUE_MAX_CHATS = 3;

let system: System;
beforeAll(async () => {
  const environment = { QUEUE_MAX_CHATS: String(QUEUE_MAX_CHATS) };
  system = await System.start({ workers: 0, agent: fixedAgent(['Pronto.']), environment });
});
afterAll(() => system[Symbol.asyncDispose]());

test('a queue that is full takes no more, says so at once, and loses nothing it took', async () => {
  const sockets = await Promise.all(
    Array.from({ length: QUEUE_MAX_CHATS + 1 }, () => system.openChat(freshId('full'))),
  );
  const waiting = sockets.slice(0, QUEUE_MAX_CHATS);
  const [refused] = sockets.slice(QUEUE_MAX_CHATS);
  if (refused === undefined) throw new Error('nobody is left to be refused');
  for (const socket of waiting) {
    socket.send({ type: 'chat', id: 'q', data: { message: 'Olá' } });
    await socket.next('chat_accepted');
  }
  refused.send({ type: 'chat', id: 'q', data: { message: 'Olá' } });
  expect((await refused.next('error')).data).toMatchObject({
    code: 'UNAVAILABLE',
    request_id: 'q',
    retryable: true,
  });

  await system.addWorker();
  for (const socket of waiting) expect((await socket.next('chat_complete')).data['content']).toBe('Pronto.');
  refused.send({ type: 'chat', id: 'q', data: { message: 'Olá' } });
  expect((await refused.next('chat_accepted')).data['duplicate']).toBeUndefined();
  expect((await refused.next('chat_complete')).data['content']).toBe('Pronto.');
  await Promise.all(sockets.map((socket) => socket.close()));
});
