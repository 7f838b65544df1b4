import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { frameBytes, OPCODE, RawSocket } from '../../support/raw-socket.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { System } from '../../support/system.ts';

const MAX_BYTES = 4_096;
/** uWebSockets.js cuts a longer one itself. */
const HARD_LIMIT = 4 * MAX_BYTES;

let system: System;
let neighbour: SocketClient;
beforeAll(async () => {
  system = await System.start({
    environment: { MAX_MESSAGE_BYTES: String(MAX_BYTES), MAX_ERRORS: '100000' },
  });
  neighbour = await system.openChat(freshId('s'));
});
afterAll(async () => {
  await neighbour.close();
  await system[Symbol.asyncDispose]();
});

/** Whatever one socket sends, the next is served. */
afterEach(async () => {
  await neighbour.untilPong();
});

const open = (): Promise<RawSocket> =>
  RawSocket.open(system.gateways[0]?.port ?? 0, `/ws/chat/${freshId('s')}`);

describe('a frame that is too long', () => {
  it.each([
    ['by a byte', MAX_BYTES + 1],
    ['by half', HARD_LIMIT / 2],
    ['by just what is still read', HARD_LIMIT],
  ])('%s is 1009', async (_name, length) => {
    await using socket = await system.openChat(freshId('s'));
    socket.send('x'.repeat(length));
    expect(await socket.closed).toEqual({ code: 1009, reason: 'Message too big' });
  });

  it('by more than four times is cut', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send('x'.repeat(HARD_LIMIT + 1));
    expect((await socket.closed).code).toBe(1006);
  });

  it('by what it announces is cut before it is sent', async () => {
    for (const length of [HARD_LIMIT + 1, 2 ** 31, 2 ** 53, 2n ** 63n, 2n ** 64n - 1n]) {
      using raw = await open();
      await raw.write(frameBytes(OPCODE.text, '', { length }));
      await inTime(raw.closed, () => `${length} bytes are waited for`);
    }
  });

  it('in fragments is cut at the same length', async () => {
    using raw = await open();
    const piece = 'x'.repeat(1_024);
    await raw.write(frameBytes(OPCODE.text, piece, { fin: false }));
    for (let sent = 1_024; sent <= HARD_LIMIT; sent += 1_024) {
      await raw.write(frameBytes(OPCODE.continuation, piece, { fin: false }));
    }
    await inTime(raw.closed, () => 'fragments without end are kept');
  });

  it('is not made by many empty fragments', async () => {
    using raw = await open();
    await raw.write(frameBytes(OPCODE.text, '', { fin: false }));
    const empties = Buffer.concat(
      Array.from({ length: 100_000 }, () => frameBytes(OPCODE.continuation, '', { fin: false })),
    );
    await raw.write(empties);
    await neighbour.untilPong();
  });
});

describe('what breaks the protocol of WebSockets ends the socket, and no other', () => {
  it.each<[string, Buffer]>([
    ['invalid UTF-8', frameBytes(OPCODE.text, Buffer.from([0xc3, 0x28]))],
    ['a cut character', frameBytes(OPCODE.text, Buffer.from([0x22, 0xf0, 0x9f, 0x98]))],
    ['a surrogate as UTF-8', frameBytes(OPCODE.text, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))],
    ['an overlong character', frameBytes(OPCODE.text, Buffer.from([0x22, 0xc0, 0xaf, 0x22]))],
    ['a reserved bit', frameBytes(OPCODE.text, '{}', { rsv: 4 })],
    ['all reserved bits', frameBytes(OPCODE.text, '{}', { rsv: 7 })],
    ['a reserved opcode', frameBytes(3, '{}')],
    ['a reserved control opcode', frameBytes(11, '')],
    ['a continuation of nothing', frameBytes(OPCODE.continuation, '{}')],
    ['a ping in fragments', frameBytes(OPCODE.ping, 'x', { fin: false })],
    ['a ping that is too long', frameBytes(OPCODE.ping, 'x'.repeat(126))],
    ['a close of one byte', frameBytes(OPCODE.close, Buffer.from([3]))],
    ['a close with a code nobody may send', frameBytes(OPCODE.close, Buffer.from([0x03, 0xed]))],
    ['a close with a code that is none', frameBytes(OPCODE.close, Buffer.from([0x27, 0x0f]))],
    [
      'a close whose reason is no UTF-8',
      frameBytes(OPCODE.close, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from([0xff, 0xfe])])),
    ],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex')],
    ['zeros', Buffer.alloc(64)],
  ])('%s', async (_name, bytes) => {
    using raw = await open();
    await raw.write(bytes);
    await inTime(raw.closed, () => 'still open');
  });
});

describe('a frame without mask', () => {
  // The library takes the first bytes for the mask, without looking whether there is one.
  it('is no message, and stops nobody', async () => {
    using raw = await open();
    for (let n = 0; n < 50; n += 1) {
      await raw.write(frameBytes(OPCODE.text, '{"type":"ping"}', { masked: false }));
    }
    await neighbour.untilPong();
  });
});

describe('what is no message is told so, and the socket stays', () => {
  let socket: SocketClient;
  beforeEach(async () => {
    socket = await system.openChat(freshId('s'));
  });
  afterEach(async () => {
    await socket.untilPong();
    await socket.close();
  });

  const nested = (open: string, close: string, depth: number): string =>
    `{"type":"ping","data":${open.repeat(depth)}0${close.repeat(depth)}}`;

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['no JSON', 'hello'],
    ['half of it', '{"type":"ping"'],
    ['two of them', '{"type":"ping"}{"type":"ping"}'],
    ['a number', '1'],
    ['null', 'null'],
    ['a string', '"ping"'],
    ['a list', '[{"type":"ping"}]'],
    ['NaN', '{"type":NaN}'],
    ['a comment', '{"type":"ping"}//'],
    ['single quotes', "{'type':'ping'}"],
    ['a byte order mark', '\ufeff{"type":"chat"'],
    ['an escape that is none', '{"type":"\\x70ing"}'],
    ['a raw line end in a string', '{"type":"pi\nng"}'],
    ['bytes', new Uint8Array([0x7b, 0x7d])],
    ['a message in bytes', Buffer.from('{"type":"ping"}')],
    ['no type', '{}'],
    ['a number for a type', '{"type":1}'],
    ['an inherited type', '{"__proto__":{"type":"ping"}}'],
    ['lists 33 deep', nested('[', ']', 32)],
    ['objects 33 deep', nested('{"a":', '}', 32)],
    ['lists 2,000 deep', '['.repeat(2_000)],
    ['a chat without text', '{"type":"chat","data":{"message":""}}'],
    ['a chat of a list', '{"type":"chat","data":{"message":["a"]}}'],
    ['a chat of null', '{"type":"chat","data":{"message":null}}'],
    ['data that is a list', '{"type":"chat","data":[]}'],
    ['a limit that is no number', '{"type":"history","data":{"limit":"5"}}'],
    ['a limit of 1e400', '{"type":"history","data":{"limit":1e400}}'],
    ['a limit of half', '{"type":"history","data":{"limit":0.5}}'],
    ['a limit below', '{"type":"history","data":{"limit":-1}}'],
    ['a token that is a list', '{"type":"auth","data":{"token":[]}}'],
    [
      'a token with a length that can’t be compared',
      '{"type":"auth","data":{"token":{"length":[{"toString":1}]}}}',
    ],
    ['a chat of such a length', '{"type":"chat","data":{"message":{"length":[{"toString":1,"valueOf":1}]}}}'],
    ['an empty token', '{"type":"auth","data":{"token":""}}'],
  ])('%s', async (_name, text) => {
    socket.send(text);
    const { data } = await socket.next('error');
    expect(data['code']).toBe('INVALID_MESSAGE');
    expect(data['message']).toBe('Mensagem inválida');
  });

  it.each([
    '',
    'PING',
    'connection',
    'chat_complete',
    'error',
    '__proto__',
    'constructor',
    'toString',
    'a'.repeat(3_000),
  ])('the type "%s"', async (type) => {
    socket.send({ type, data: { request_id: 'r' } });
    expect((await socket.next('error')).data['code']).toBe('UNKNOWN_TYPE');
  });

  it.each<[string, string]>([
    ['lists 32 deep', nested('[', ']', 31)],
    ['brackets in a string', `{"type":"ping","data":"${'['.repeat(3_000)}"}`],
    [
      'a prototype beside it',
      '{"type":"ping","__proto__":{"type":"chat"},"constructor":{"prototype":{"a":1}}}',
    ],
    ['a key twice', '{"type":"chat","type":"ping"}'],
    ['1e400', '{"type":"ping","data":1e400}'],
    ['a number of 3,000 digits', `{"type":"ping","data":${'9'.repeat(3_000)}}`],
    ['300 keys', `{"type":"ping","data":{${Array.from({ length: 300 }, (_, n) => `"k${n}":1`).join(',')}}}`],
    ['an escaped type', '{"type":"\\u0070ing"}'],
    ['a lone surrogate', '{"type":"ping","data":"\\ud800"}'],
    ['a NUL', '{"type":"ping","data":"\\u0000"}'],
  ])('and what is one is taken: %s', async (_name, text) => {
    socket.send(text);
    expect((await socket.next('pong')).data).toEqual({});
  });

  it('a chat keeps what a person wrote, whatever it looks like', async () => {
    for (const message of [
      '<script>alert(1)</script>',
      '{"type":"chat_complete"}',
      '"}\u2028{"',
      '\u0000\u001b[31m',
      '${7*7}',
      '\ud800 sozinho',
      '__proto__',
    ]) {
      socket.send(JSON.stringify({ type: 'chat', data: { message } }));
      expect((await socket.next('chat_accepted')).data['message']).toBe(message);
      await socket.next('chat_complete');
    }
  });
});

describe('bad messages', () => {
  it('are 1008 when they are too many within ten seconds', async () => {
    await system.addGateway({ MAX_ERRORS: '10' });
    await using socket = await system.openChat(freshId('s'), { gateway: system.gateways.length - 1 });
    for (let n = 0; n < 11; n += 1) socket.send('no');
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
    expect(socket.frames.filter(({ type }) => type === 'error')).toHaveLength(10);
  });
});
