import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEnd } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import { System } from '../support/system.ts';

const MAX_MESSAGE_BYTES = 65_536;
const KIBIBYTE = 1_024;

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

/** A `ping` of exactly this many bytes. */
function pingOfBytes(bytes: number): string {
  const empty = JSON.stringify({ type: 'ping', padding: '' });
  return JSON.stringify({ type: 'ping', padding: 'x'.repeat(bytes - empty.length) });
}

function withoutPlace({ type, data, timestamp, id }: ServerFrame): unknown {
  return { type, data, timestamp, id };
}

describe('from the server', () => {
  it('has type, data, timestamp and id in every frame, and channel and cursor in durable ones', async () => {
    const id = freshId('s');
    await using socket = await system.openChat(id);
    socket.send({ type: 'ping' });
    socket.send({ type: 'nonsense' });
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    await socket.until(isEndOfChat);
    await system.publisher.store(`session.${id}.notification`, { a: 1 });
    await socket.next('notification');

    const durable = ['chat_accepted', 'chat', 'chat_complete', 'notification'];
    for (const frame of socket.frames) {
      const keys = ['type', 'data', 'timestamp', 'id'];
      if (durable.includes(frame.type)) keys.push('channel', 'cursor');
      expect(Object.keys(frame).sort()).toEqual(keys.sort());
      expect(new Date(frame.timestamp).toISOString()).toBe(frame.timestamp);
      expect(frame.id).not.toBe('');
      if (frame.channel !== undefined) {
        expect(frame.channel).toBe('session');
        expect(frame.cursor?.length).toBeLessThanOrEqual(512);
      }
    }
    expect(new Set(socket.frames.map((frame) => frame.id)).size).toBe(socket.frames.length);
  });

  it('gives a durable event the same id and content on every gateway and in every replay', async () => {
    const id = freshId('s');
    await using here = await system.openChat(id);
    await using there = await system.openChat(id, { gateway: 1 });
    const start = cursorOf(here.frames[0] as ServerFrame);
    here.send({ type: 'chat', data: { message: 'Olá' } });
    await here.until(isEndOfChat);
    await system.publisher.store(`session.${id}.notification`, { a: 1 });
    await here.next('notification');
    await there.next('notification');
    await using replay = await system.openChat(id, { gateway: 1, since: start });
    await replay.next('notification');

    const durable = (frames: readonly ServerFrame[]): ServerFrame[] =>
      frames.filter(({ cursor }) => cursor !== undefined);
    const chats = (frames: readonly ServerFrame[]): unknown[] =>
      durable(frames)
        .filter(({ type }) => type !== 'notification')
        .map(withoutPlace);
    expect(chats(there.frames)).toEqual(chats(here.frames));
    expect(chats(replay.frames)).toEqual(chats(here.frames));
    const ids = (frames: readonly ServerFrame[]): string[] => durable(frames).map((frame) => frame.id);
    expect(ids(there.frames)).toEqual(ids(here.frames));
    expect(ids(replay.frames)).toEqual(ids(here.frames));
  });

  it('never has a frame above 900 KiB, whatever a publisher makes grow', async () => {
    const id = freshId('INV');
    await using socket = await system.openInvestigation(id);
    // JSON writes 1e20 as 21 digits: 256 KiB become more than a mebibyte.
    const growing = `{"description":[${Array(50_000).fill('1e20').join(',')}]}`;
    expect(growing.length).toBeLessThan(256 * KIBIBYTE);
    await system.publisher.store(`investigation.${id}.anomaly`, growing);
    await system.publisher.store(`investigation.${id}.report`, growing);
    await system.publisher.store(`investigation.${id}.progress`, { last: true });
    // The client refuses longer frames.
    await socket.until(({ data }) => data['last'] === true);
  });
});

describe('from the client', () => {
  it('needs a type only, and may have anything more', async () => {
    await using socket = await system.openChat(freshId('s'));
    const extra = { timestamp: 'yesterday', id: 7, channel: [], cursor: {}, more: { deep: [1] } };
    socket.send({ type: 'ping', ...extra });
    await socket.next('pong');
    socket.send({ type: 'unsubscribe', ...extra, data: { investigation_id: 'INV-1', more: true } });
    await socket.next('unsubscribed');
    socket.send({
      type: 'chat',
      id: 'msg_1769860800000_abc',
      timestamp: '2026-01-31T12:00:00.000Z',
      data: { content: 'Olá', session_id: 'another', context: { page: '/', history: [] } },
    });
    const { data } = await socket.next('chat_accepted');
    expect(data).toEqual({ request_id: 'msg_1769860800000_abc', role: 'user', message: 'Olá' });
  });

  it('may have MAX_MESSAGE_BYTES in one frame, whatever its fragments', async () => {
    await using socket = await system.openChat(freshId('s'));
    const text = pingOfBytes(MAX_MESSAGE_BYTES);
    expect(Buffer.byteLength(text)).toBe(MAX_MESSAGE_BYTES);
    socket.send(text);
    await socket.next('pong');
    socket.raw.send(text.slice(0, 30_000), { fin: false });
    socket.raw.send(text.slice(30_000), { fin: true });
    await socket.next('pong');
  });

  it.each([['cidadao.v1'], []])('is closed with 1009 above that, offering %s', async (...subProtocols) => {
    const socket = await system.openChat(freshId('s'), { subProtocols });
    socket.send(pingOfBytes(MAX_MESSAGE_BYTES + 1));
    expect((await socket.closed).code).toBe(1009);
    expect(socket.frames).toHaveLength(1);
  });

  it('counts bytes, not characters, and binary frames too', async () => {
    for (const message of ['á'.repeat(MAX_MESSAGE_BYTES / 2 + 1), Buffer.alloc(MAX_MESSAGE_BYTES + 1)]) {
      const socket = await system.openInvestigation(freshId('INV'));
      socket.send(message);
      expect((await socket.closed).code).toBe(1009);
    }
  });

  it('may simply be cut above four times that', async () => {
    const socket = await system.openChat(freshId('s'));
    socket.send(pingOfBytes(4 * MAX_MESSAGE_BYTES + 1));
    expect([1006, 1009]).toContain((await socket.closed).code);
  });

  it('is not read when it is nested too deeply', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send(`{"type":"ping","data":${'['.repeat(31)}${']'.repeat(31)}}`);
    await socket.next('pong');
    for (const depth of [32, 30_000]) {
      socket.send(`{"type":"ping","data":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect((await socket.next('error')).data).toMatchObject({ code: 'INVALID_MESSAGE' });
    }
  });
});

function isEndOfChat(frame: ServerFrame): boolean {
  return isEnd(frame) && frame.channel !== undefined;
}
