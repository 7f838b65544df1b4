import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, typesOf } from '../support/chat-steps.ts';
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

interface Page {
  readonly events: readonly ServerFrame[];
  readonly before?: string;
  readonly more: boolean;
}

async function page(socket: SocketClient, data: object = {}): Promise<Page> {
  socket.send({ type: 'history', data });
  return (await socket.next('history')).data as unknown as Page;
}

/** Every page from the newest to the oldest, put together oldest first. */
async function everything(socket: SocketClient, limit: number): Promise<ServerFrame[]> {
  let events: ServerFrame[] = [];
  let before: string | undefined;
  for (;;) {
    const one = await page(socket, { limit, ...(before === undefined ? {} : { before }) });
    expect(one.events.length).toBeLessThanOrEqual(limit);
    events = [...one.events, ...events];
    if (!one.more) return events;
    expect(one.events.length).toBeGreaterThan(0);
    expect(one.before).toBeDefined();
    before = one.before;
  }
}

/** What a page should have of what a socket got. */
function past(frames: readonly ServerFrame[]): unknown[] {
  return frames
    .filter(({ type, cursor }) => cursor !== undefined && type !== 'chat')
    .map(({ type, data, timestamp, id }) => ({ type, data, timestamp, id }));
}

describe('history', () => {
  it('is what was said as it was sent, without chunks, channel and cursor, oldest first', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await finishChat(await holdChat(agent, socket), socket, ['Um ', 'dois ']);
    const failing = await holdChat(agent, socket);
    failing.call.fail(new Error('the model is gone'));
    await socket.next('error');
    const cancelled = await holdChat(agent, socket);
    socket.send({ type: 'cancel', data: { request_id: cancelled.requestId } });
    await socket.next('chat_complete');
    const running = await holdChat(agent, socket);
    await socket.untilPong();

    await using later = await system.openChat(session, { gateway: 1 });
    const { events, more } = await page(later);
    expect(events).toEqual(past(socket.frames));
    expect(typesOf(events)).toEqual([
      ...['chat_accepted', 'chat_complete'],
      ...['chat_accepted', 'error'],
      ...['chat_accepted', 'chat_complete'],
      'chat_accepted',
    ]);
    expect(more).toBe(false);
    await finishChat(running, socket);
    expect(typesOf((await page(later)).events).at(-1)).toBe('chat_complete');
  });

  it('has notifications between the chats, with the ids they were sent with', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const publish = (text: string): Promise<number> =>
      system.publisher.store(`session.${session}.notification`, { text });
    await publish('antes');
    const chat = await holdChat(agent, socket);
    await publish('durante');
    await finishChat(chat, socket);
    await publish('depois');
    await socket.nextWhere(({ data }) => data['text'] === 'depois');
    const { events } = await page(socket);
    expect(typesOf(events)).toEqual([
      ...['notification', 'chat_accepted', 'notification', 'chat_complete', 'notification'],
    ]);
    const sent = (text: string): ServerFrame | undefined =>
      socket.frames.find(({ data }) => data['text'] === text);
    const texts = events.filter(({ type }) => type === 'notification');
    expect(texts.map(({ data, id }) => [data['text'], id])).toEqual(
      ['antes', 'durante', 'depois'].map((text) => [text, sent(text)?.id]),
    );
  });

  it('has no events of investigations, and none of another session', async () => {
    const id = freshId('INV');
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'subscribe', data: { investigation_id: id } });
    await socket.next('subscribed');
    await system.publisher.store(`investigation.${id}.progress`, {});
    await socket.next('investigation_progress');
    await using other = await system.openChat(freshId('s'));
    await finishChat(await holdChat(agent, other), other);
    expect(await page(socket)).toMatchObject({ events: [], more: false });
  });

  it('of a session in which nothing was said is an empty page', async () => {
    await using socket = await system.openChat(freshId('s'));
    for (const message of [{ type: 'history' }, { type: 'history', data: {} }]) {
      socket.send(message);
      expect((await socket.next('history')).data).toEqual({ events: [], more: false });
    }
  });
});

describe('pages', () => {
  it.each([1, 2, 3, 5, 7, 50, 200])('of %i show everything once and in order', async (limit) => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    for (let round = 0; round < 4; round += 1) {
      await system.publisher.store(`session.${session}.notification`, { round, when: 'before' });
      await finishChat(await holdChat(agent, socket), socket);
      await system.publisher.store(`session.${session}.notification`, { round, when: 'after' });
    }
    await socket.nextWhere(({ data }) => data['round'] === 3 && data['when'] === 'after');
    const ids = socket.frames.filter(({ type, cursor }) => cursor !== undefined && type !== 'chat');
    const events = await everything(socket, limit);
    expect(events.map(({ id }) => id)).toEqual(ids.map(({ id }) => id));
    expect(events).toHaveLength(16);
  });

  it('have 50 events where nobody says, and at most 200', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    for (let index = 0; index < 210; index += 1) {
      await system.publisher.store(`session.${session}.notification`, { index });
    }
    const first = await page(socket);
    expect(first.events).toHaveLength(50);
    expect(first.more).toBe(true);
    expect(first.events.map(({ data }) => data['index'])).toEqual(
      Array.from({ length: 50 }, (_, index) => 160 + index),
    );
    const most = await page(socket, { limit: 200 });
    expect(most.events).toHaveLength(200);
    const rest = await page(socket, { limit: 200, before: most.before });
    expect(rest.events.map(({ data }) => data['index'])).toEqual([...Array(10).keys()]);
    expect(rest.more).toBe(false);
  });

  it('end at 512 KiB', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    for (let index = 0; index < 8; index += 1) {
      await system.publisher.store(`session.${session}.notification`, { index, text: 'x'.repeat(100_000) });
    }
    const first = await page(socket);
    expect(JSON.stringify(first.events).length).toBeLessThanOrEqual(512 * 1_024);
    expect(first.events.map(({ data }) => data['index'])).toEqual([3, 4, 5, 6, 7]);
    expect(first.more).toBe(true);
    const all = await everything(socket, 50);
    expect(all.map(({ data }) => data['index'])).toEqual([...Array(8).keys()]);
  });

  it('stay what they are when more is said meanwhile', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const publish = async (index: number): Promise<number> =>
      system.publisher.store(`session.${session}.notification`, { index });
    for (let index = 0; index < 6; index += 1) await publish(index);
    const newest = await page(socket, { limit: 3 });
    for (let index = 6; index < 9; index += 1) await publish(index);
    const older = await page(socket, { limit: 3, before: newest.before });
    expect(older.events.map(({ data }) => data['index'])).toEqual([0, 1, 2]);
    expect(older.more).toBe(false);
  });

  it('before a position of another storage are empty', async () => {
    const session = freshId('s');
    const id = freshId('INV');
    await using socket = await system.openChat(session);
    await system.publisher.store(`session.${session}.notification`, {});
    await using watching = await system.openInvestigation(id);
    const before = watching.frames[0]?.data['cursor'];
    expect(await page(socket, { before })).toMatchObject({ events: [], more: false });
  });
});
