import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, isEnd } from '../../support/chat-steps.ts';
import { freshId } from '../../support/fresh-id.ts';
import { PuppetAgent } from '../../support/puppet-agent.ts';
import { cursorOf, type ServerFrame } from '../../support/server-frame.ts';
import { SseClient } from '../../support/sse-client.ts';
import { System } from '../../support/system.ts';

const agent = new PuppetAgent();
let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, agent });
});
afterAll(() => system[Symbol.asyncDispose]());

const stream = (path: string, options: { since?: string; gateway?: number; lastEventId?: string } = {}) => {
  const { lastEventId, ...rest } = options;
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
  return SseClient.open(system.url(path, rest), { headers });
};
const lastCursorOf = (frames: readonly ServerFrame[]): string => {
  const last = frames.at(-1);
  if (last === undefined) throw new Error('nothing came');
  return cursorOf(last);
};
const chunksOf = (frames: readonly ServerFrame[]): readonly string[] =>
  frames.filter(({ type }) => type === 'chat').map(({ data }) => String(data['content']));
const durable = (frames: readonly ServerFrame[]): readonly string[] =>
  frames.filter(({ cursor }) => cursor !== undefined).map(({ id }) => id);

describe('a client that changes between a socket and a stream', () => {
  it('in the middle of an answer loses nothing and gets nothing twice', async () => {
    const session = freshId('switch');
    await using watching = await system.openChat(session);
    const first = await system.openChat(session);
    const chat = await holdChat(agent, first);
    chat.call.say('um ');
    const seen: ServerFrame[] = await first.until(({ data }) => data['content'] === 'um ');
    let since = lastCursorOf(seen);
    await first.cut();
    chat.call.say('dois ');

    const second = await stream(`/sse/chat/${session}`, { since, gateway: 1 });
    expect((await second.next('connection')).data['recovered']).toBe(true);
    seen.push(...(await second.until(({ data }) => data['content'] === 'dois ')));
    chat.call.say('três ');
    seen.push(...(await second.until(({ data }) => data['content'] === 'três ')));
    const lastEventId = second.lastEventId ?? '';
    await second.cut();
    chat.call.say('quatro ');

    const third = await stream(`/api/v1/sse/chat/${session}`, { since, lastEventId });
    await third.next('connection');
    seen.push(...(await third.until(({ data }) => data['content'] === 'quatro ')));
    since = lastCursorOf(seen);
    await third.cut();

    await using fourth = await system.openChat(session, { since, gateway: 1 });
    chat.call.say('cinco');
    chat.call.end();
    seen.push(...(await fourth.until((frame) => isEnd(frame, chat.requestId))));
    expect(chunksOf(seen)).toEqual(['um ', 'dois ', 'três ', 'quatro ', 'cinco']);
    await watching.next('chat_complete');
    expect(durable(seen)).toEqual(durable(watching.frames));
  });
});

describe('a reader of a stream that does not read', () => {
  it(
    'is paused, harms nobody, and gets all it missed in order when it reads again',
    { timeout: 90_000 },
    async () => {
      const session = freshId('slow');
      await using slow = await stream(`/sse/chat/${session}`);
      await using other = await system.openChat(session);
      await slow.next('connection');
      slow.pause();
      const text = 'x'.repeat(200_000);
      const count = 60;
      for (let index = 0; index < count; index += 1) {
        await system.publisher.store(`session.${session}.notification`, { index, text });
      }
      await other.until(({ data }) => data['index'] === count - 1, 30_000);
      // Longer than uWebSockets.js waits for a write that does not go out.
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      await system.publisher.store(`session.${session}.notification`, { index: count });
      slow.resume();
      const seen = await slow.until(({ data }) => data['index'] === count, 30_000);
      const indexes = seen.filter(({ type }) => type === 'notification').map(({ data }) => data['index']);
      expect(indexes).toEqual(Array.from({ length: count + 1 }, (_, index) => index));
      const chat = await holdChat(agent, other);
      await finishChat(chat, other);
      await slow.next('chat_complete');
    },
  );
});

describe('a drained gateway', () => {
  it('ends its streams with an error event, and another goes on from there', async () => {
    const going = await system.addGateway();
    const gateway = system.gateways.indexOf(going);
    const session = freshId('drained');
    await using reader = await stream(`/sse/chat/${session}`, { gateway });
    await reader.next('connection');
    await system.publisher.store(`session.${session}.notification`, { n: 1 });
    await reader.next('notification');
    const drained = going.drain();
    expect((await reader.next('error')).data).toEqual({
      code: 'UNAVAILABLE',
      message: 'Serviço temporariamente indisponível',
      retryable: true,
    });
    expect(await reader.ended).toBe('whole');
    await drained;
    await system.publisher.store(`session.${session}.notification`, { n: 2 });
    await using back = await stream(`/sse/chat/${session}`, { lastEventId: reader.lastEventId ?? '' });
    expect((await back.next('connection')).data['recovered']).toBe(true);
    expect((await back.next('notification')).data).toEqual({ n: 2 });
  });
});
