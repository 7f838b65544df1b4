import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { rawUpgrade } from '../support/raw-upgrade.ts';
import { System } from '../support/system.ts';

const ENDPOINTS = ['/ws/chat/', '/api/v1/ws/chat/', '/ws/investigations/', '/api/v1/ws/investigations/'];
const EVERY_CHARACTER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** As they stand in a path. `latin1` of the last two is UTF-8 on the wire. */
const BAD_IN_PATH = [
  '',
  'a'.repeat(129),
  'a.b',
  '.',
  '..',
  '*',
  '>',
  'a*',
  'a+b',
  'a%20b',
  '%61',
  'a%2Fb',
  'a%2eb',
  'a%00',
  'a%0D%0AX',
  '%',
  'a:b',
  'a~',
  Buffer.from('ação').toString('latin1'),
  'a%C3%A7',
  Buffer.from('🦜').toString('latin1'),
];

const BAD_IN_MESSAGE = [
  '',
  'a'.repeat(129),
  'a.b',
  '*',
  '>',
  'a b',
  'a\r\nb',
  'a\n',
  'ação',
  '🦜',
  'a\u0000',
  'a%20b',
  'a/b',
];

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

describe('in a path', () => {
  it.each(ENDPOINTS)('%s takes every allowed character and 1 to 128 of them', async (endpoint) => {
    for (const id of ['-', EVERY_CHARACTER, EVERY_CHARACTER.repeat(2)]) {
      await using socket = await system.connect(endpoint + id);
      const welcome = await socket.next('connection');
      expect(welcome.data['session_id']).toContain(id);
    }
  });

  it.each(ENDPOINTS)('%s answers 400 to anything else, on the raw value', async (endpoint) => {
    for (const id of BAD_IN_PATH) {
      const { status, headers, body } = await rawUpgrade(system.gateways[0]?.port ?? 0, endpoint + id);
      expect({ id, status }).toEqual({ id, status: 400 });
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(JSON.parse(body)).toEqual({
        error: { code: 'INVALID_ID', message: 'Identificador inválido' },
      });
    }
  });
});

describe('in a message', () => {
  it.each([
    ['subscribe', 'investigation_id'],
    ['unsubscribe', 'investigation_id'],
    ['cancel', 'request_id'],
  ])('%s answers INVALID_ID to a bad %s, and the socket stays', async (type, field) => {
    await using socket = await system.openChat(freshId('s'));
    for (const id of BAD_IN_MESSAGE) {
      socket.send({ type, data: { [field]: id } });
      const error = await socket.next('error');
      expect(error.data).toEqual({
        code: 'INVALID_ID',
        message: 'Identificador inválido',
        retryable: false,
      });
    }
    expect(await socket.untilPong()).toEqual([]);
  });

  it.each([
    ['subscribe', 'investigation_id'],
    ['unsubscribe', 'investigation_id'],
    ['cancel', 'request_id'],
  ])('%s answers INVALID_MESSAGE to a %s that is no string or missing', async (type, field) => {
    await using socket = await system.openChat(freshId('s'));
    for (const data of [{ [field]: 1 }, { [field]: null }, { [field]: ['a'] }, {}]) {
      socket.send({ type, data });
      expect((await socket.next('error')).data).toMatchObject({ code: 'INVALID_MESSAGE' });
    }
  });
});

describe('the id of a chat', () => {
  async function requestIdOf(id: string, gateway: number): Promise<unknown> {
    await using socket = await system.openChat(freshId('s'), { gateway });
    socket.send({ type: 'chat', id, data: { message: 'Olá' } });
    return (await socket.next('chat_accepted')).data['request_id'];
  }

  it.each(['a', 'msg_1769860800000_k3j2h1', 'A-_9', 'x'.repeat(128)])(
    'is the request_id where it is an identifier: %s',
    async (id) => {
      expect(await requestIdOf(id, 0)).toBe(id);
    },
  );

  it.each([
    ['a dot', 'a.b'],
    ['a wildcard', '>'],
    ['white space', ' '],
    ['line ends', 'a\r\nPUB x 1'],
    ['accents', 'pergunta número 1'],
    ['129 characters', 'x'.repeat(129)],
    ['256 characters', 'x'.repeat(256)],
    ['256 characters outside of the basic plane', '🦜'.repeat(256)],
    ['a NUL', 'a\u0000b'],
  ])('with %s becomes the same identifier on every gateway', async (_, id) => {
    const [first, second] = await Promise.all([requestIdOf(id, 0), requestIdOf(id, 1)]);
    expect(first).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(first).not.toBe(id);
    expect(second).toBe(first);
  });

  it('is derived from the id alone: different ids, different chats', async () => {
    const ids = ['a.b', 'a.c', 'A.b', 'a.b ', ' a.b'];
    const derived = await Promise.all(ids.map((id) => requestIdOf(id, 0)));
    expect(new Set(derived).size).toBe(ids.length);
  });

  it('is made by the gateway where there is none', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    const { data } = await socket.next('chat_accepted');
    expect(data['request_id']).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
  });

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(257)],
    ['a number', 1],
    ['null', null],
    ['an object', {}],
  ])('is INVALID_MESSAGE when it is %s', async (_, id) => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'chat', id, data: { message: 'Olá' } });
    expect((await socket.next('error')).data).toMatchObject({ code: 'INVALID_MESSAGE' });
    expect(await socket.untilPong()).toEqual([]);
  });
});

it('keeps what is published on a subject with a bad identifier from everybody', async () => {
  const id = freshId('INV');
  await using socket = await system.openInvestigation(id);
  for (const kind of ['bad%kind', 'número', 'a~b', 'x'.repeat(129), '$SYS']) {
    await system.publisher.store(`investigation.${id}.${kind}`, { kind });
  }
  await system.publisher.store(`investigation.bad%id.progress`, {});
  await system.publisher.store(`investigation.${id}.progress`, { last: true });
  expect(typesOf(await socket.until(({ data }) => data['last'] === true))).toEqual([
    'investigation_progress',
  ]);
});
