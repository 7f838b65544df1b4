import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';

const MAX_PAYLOAD_BYTES = 256 * 1_024;

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, workers: 0 });
});
afterAll(() => system[Symbol.asyncDispose]());

/** What an investigation socket gets of one payload; undefined when nothing. */
async function seen(kind: string, payload: unknown): Promise<ServerFrame | undefined> {
  const id = freshId('INV');
  await using socket = await system.openInvestigation(id);
  await system.publisher.store(`investigation.${id}.${kind}`, payload);
  await system.publisher.store(`investigation.${id}.last`, {});
  const frames = await socket.until(({ type }) => type === 'investigation_last');
  expect(frames.length).toBeLessThanOrEqual(2);
  return frames.length === 2 ? frames[0] : undefined;
}

/** A JSON object of exactly this many bytes. */
function objectOfBytes(bytes: number): string {
  return JSON.stringify({ text: 'x'.repeat(bytes - JSON.stringify({ text: '' }).length) });
}

describe('an investigation event', () => {
  it.each(['progress', 'finding', 'report', 'x', 'A-Z_0', 'anomalies', 'k'.repeat(128)])(
    'of the kind %s has its name',
    async (kind) => {
      const frame = await seen(kind, { value: 1 });
      expect(frame?.type).toBe(`investigation_${kind}`);
      expect(frame?.data).toMatchObject({ value: 1, update_type: kind });
    },
  );

  it('reaches chat and investigation sockets on every gateway alike', async () => {
    const id = freshId('INV');
    await using chat = await system.openChat(freshId('s'));
    await using watching = await system.openInvestigation(id);
    await using elsewhere = await system.openInvestigation(id, { gateway: 1 });
    chat.send({ type: 'subscribe', data: { investigation_id: id } });
    await chat.next('subscribed');
    system.publisher.publish(`investigation.${id}.finding`, { text: 'achado' });
    const frames: ServerFrame[] = [];
    for (const socket of [chat, watching, elsewhere]) frames.push(await socket.next('investigation_finding'));
    for (const frame of frames) {
      expect(frame.data).toEqual({ text: 'achado', investigation_id: id, update_type: 'finding' });
      expect(frame.id).toBe(frames[0]?.id);
      expect(frame.channel).toBe(`investigation.${id}`);
    }
  });

  it('keeps what it says, whatever it says', async () => {
    const body = {
      nested: { list: [1, 'dois', null, true, { three: 3 }] },
      text: '"\\\u0000\u2028 ção 🦜',
      type: 'chat',
      data: {},
      id: 'mine',
      channel: 'session',
      cursor: 'mine',
      timestamp: 'yesterday',
    };
    const frame = await seen('progress', body);
    expect(frame?.data).toMatchObject(body);
    expect(frame?.type).toBe('investigation_progress');
    expect(frame?.id).not.toBe('mine');
  });

  it('cannot say where it comes from', async () => {
    const frame = await seen('progress', { investigation_id: 'another', update_type: 'report', value: 1 });
    expect(frame?.data['investigation_id']).toMatch(/^INV-/);
    expect(frame?.data['update_type']).toBe('progress');
    expect(frame?.data['value']).toBe(1);
  });

  it('harms nothing with names that mean something to JavaScript, and keeps them', async () => {
    const id = freshId('INV');
    const hostile =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toJSON":1,"value":1}';
    await using socket = await system.openInvestigation(id);
    const texts: string[] = [];
    socket.raw.on('message', (data: Buffer) => texts.push(data.toString()));
    for (const kind of ['progress', 'anomaly']) {
      await system.publisher.store(`investigation.${id}.${kind}`, hostile);
    }
    await socket.next('investigation_progress');
    await socket.next('anomaly_detected');
    const within = hostile.slice(1, -1);
    expect(texts).toEqual([expect.stringContaining(within), expect.stringContaining(within)]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('an anomaly', () => {
  it.each([
    [{}, { severity: 'medium', description: null }],
    [
      { severity: null, description: null },
      { severity: 'medium', description: null },
    ],
    [{ severity: 'high' }, { severity: 'high', description: null }],
    [{ description: 'Preço alto' }, { severity: 'medium', description: 'Preço alto' }],
    [
      { severity: 'critical', description: 'Preço alto', amount: 12.5, supplier: { name: 'ACME' } },
      { severity: 'critical', description: 'Preço alto' },
    ],
    [
      { severity: 3, description: { pt: 'x' } },
      { severity: 3, description: { pt: 'x' } },
    ],
    [
      { investigation_id: 'another', update_type: 'x', details: 'mine' },
      { severity: 'medium', description: null },
    ],
  ])('%j has its defaults, and all that was published in details', async (body, expected) => {
    const frame = await seen('anomaly', body);
    expect(frame?.type).toBe('anomaly_detected');
    expect(frame?.data).toEqual({
      investigation_id: expect.stringMatching(/^INV-/) as string,
      ...expected,
      details: body,
    });
  });
});

describe('a notification', () => {
  it('is the published body, to every socket of the session on every gateway and to nobody else', async () => {
    const session = freshId('s');
    const body = { type: 'chat', data: [1], session_id: 'another', título: 'Relatório' };
    await using one = await system.openChat(session);
    await using other = await system.openChat(session, { gateway: 1, subProtocols: [] });
    await using stranger = await system.openChat(freshId('s'));
    system.publisher.publish(`session.${session}.notification`, body);
    const frames = [await one.next('notification'), await other.next('notification')];
    for (const frame of frames) {
      expect(frame.data).toEqual(body);
      expect(frame.channel).toBe('session');
      expect(frame.id).toBe(frames[0]?.id);
    }
    expect(await stranger.untilPong()).toEqual([]);
  });
});

describe('a payload that is none', () => {
  const PAYLOADS: readonly (readonly [string, unknown])[] = [
    ['nothing', ''],
    ['no JSON', 'olá'],
    ['half an object', '{"a":1'],
    ['an array', [1, 2]],
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['two objects', '{}{}'],
    ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['more than 256 KiB', objectOfBytes(MAX_PAYLOAD_BYTES + 1)],
    ['an abyss', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ];

  it.each(PAYLOADS)('reaches nobody on an investigation: %s', async (_, payload) => {
    expect(await seen('progress', payload)).toBeUndefined();
    expect(await seen('anomaly', payload)).toBeUndefined();
  });

  it.each(PAYLOADS)('reaches nobody in a session, now or in a replay: %s', async (_, payload) => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await system.publisher.store(`session.${session}.notification`, payload);
    await system.publisher.store(`session.${session}.notification`, { last: true });
    expect((await socket.until(({ type }) => type === 'notification')).map(({ data }) => data)).toEqual([
      { last: true },
    ]);
    const since = socket.frames[0]?.data['cursor'] as string;
    await using replay = await system.openChat(session, { since });
    expect((await replay.until(({ type }) => type === 'notification')).map(({ data }) => data)).toEqual([
      { last: true },
    ]);
    await expectHistoryOf(socket, [{ last: true }]);
  });

  it('of exactly 256 KiB is one', async () => {
    const payload = objectOfBytes(MAX_PAYLOAD_BYTES);
    expect(Buffer.byteLength(payload)).toBe(MAX_PAYLOAD_BYTES);
    expect((await seen('report', payload))?.data['text']).toHaveLength(MAX_PAYLOAD_BYTES - 11);
  });

  it.each(['chat.r-1', 'chat.bad%id', 'cancel.r-1', 'notification.more', 'other', 'notification%'])(
    'sits on session.<id>.%s: it reaches nobody and harms nothing',
    async (tail) => {
      const session = freshId('s');
      await using socket = await system.openChat(session);
      for (const payload of ['olá', '{"type":"nonsense"}', '{"type":"claim"}']) {
        await system.publisher.store(`session.${session}.${tail}`, payload);
      }
      await system.publisher.store(`session.${session}.notification`, { last: true });
      const frames = await socket.until(({ type }) => type === 'notification');
      expect(frames.map(({ type }) => type)).toEqual(['notification']);
    },
  );
});

async function expectHistoryOf(socket: SocketClient, bodies: readonly object[]): Promise<void> {
  socket.send({ type: 'history' });
  const { data } = await socket.next('history');
  expect((data['events'] as ServerFrame[]).map((event) => event.data)).toEqual(bodies);
}
