import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { RawHttp } from '../../support/raw-http.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { System } from '../../support/system.ts';

/** Where one request ends and the next begins: nobody may see it elsewhere than the gateway does. */
let system: System;
let neighbour: SocketClient;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  neighbour = await system.openChat(freshId('s'));
});
afterAll(async () => {
  await neighbour.close();
  await system[Symbol.asyncDispose]();
});

const port = (): number => system.gateways[0]?.port ?? 0;

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = [
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

function requestOf(startLine: string, headers: readonly string[]): string {
  return `${[startLine, ...headers].join('\r\n')}\r\n\r\n`;
}

/** What is said to these bytes, once it fits. */
async function saidTo(bytes: string, isWhole: (said: string) => boolean): Promise<string> {
  using raw = await RawHttp.connect(port());
  raw.socket.write(bytes);
  return await eventually(() => raw.received, isWhole);
}

const hasHead = (said: string): boolean => said.includes('\r\n\r\n');

describe('a HEAD', () => {
  it.each([
    '/',
    '/healthz',
    '/api/v1/ws/health',
    '/asyncapi.json',
    '/nowhere',
    '/sse/chat/a',
    '/api/v1/chat/a',
  ])(
    'of %s has the length of the answer and nothing of it: it would pass for the answer to what follows',
    async (path) => {
      using raw = await RawHttp.connect(port());
      raw.socket.write(requestOf(`HEAD ${path} HTTP/1.1`, ['Host: a']));
      const said = await inTime(raw.ended, () => `still open after ${raw.received}`);
      expect(said).toMatch(
        /^HTTP\/1\.1 (200|404|405) .*\r\ncontent-length: [1-9]\d*\r\n([^\r]+\r\n)*\r\n$/is,
      );
    },
  );
});

describe('an upgrade that is refused', () => {
  it.each(['Content-Length: 0\r\nContent-Length: 60', 'Content-Length: 0\r\nTransfer-Encoding: chunked'])(
    'hides no second request behind %j',
    async (lengths) => {
      using raw = await RawHttp.connect(port());
      raw.socket.write(requestOf('GET /ws/chat/a.b HTTP/1.1', [...UPGRADE, lengths]) + SMUGGLED);
      const said = await inTime(raw.ended, () => `still open after ${raw.received}`);
      expect(said).not.toContain('HTTP/1.1 404');
    },
  );
});

describe('an upgrade', () => {
  it.each([
    ['without Upgrade', UPGRADE.filter((line) => !line.startsWith('Upgrade'))],
    ['to something else', UPGRADE.map((line) => line.replace('Upgrade: websocket', 'Upgrade: h2c'))],
    ['with a body', [...UPGRADE, 'Content-Length: 5']],
  ])('%s is none: proxies would not have seen one', async (_name, headers) => {
    const said = await saidTo(requestOf(`GET /ws/chat/${freshId('s')} HTTP/1.1`, headers), hasHead);
    expect(said).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it('that offers compression gets none: nothing is inflated', async () => {
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const { status, headers } = await rawUpgrade(port(), `/ws/chat/${freshId('s')}`, offer);
    expect(status).toBe(101);
    expect(headers.has('sec-websocket-extensions')).toBe(false);
  });

  it('of another version is told which one there is', async () => {
    using raw = await RawHttp.connect(port());
    const headers = UPGRADE.map((line) => line.replace('13', '8'));
    raw.socket.write(requestOf(`GET /ws/chat/${freshId('s')} HTTP/1.1`, headers));
    const said = await eventually(
      () => raw.received,
      (text) => text.includes('\r\n\r\n'),
    );
    expect(said).toMatch(/^HTTP\/1\.1 426 /);
    expect(said).toMatch(/^sec-websocket-version: 13\r$/im);
  });
});

/** Far more than the kernel takes on both sides. */
const UNREAD_BYTES = 12 * 1024 * 1024;

describe('requests without end, from who reads no answer', () => {
  it.each([
    ['a document', requestOf('GET /asyncapi.json HTTP/1.1', ['Host: a'])],
    ['little', requestOf('GET /nowhere HTTP/1.1', ['Host: a'])],
    ['a preflight', requestOf('OPTIONS /healthz HTTP/1.1', ['Host: a', 'Origin: http://a'])],
    ['a HEAD', requestOf('HEAD / HTTP/1.1', ['Host: a'])],
    ['a refused upgrade', requestOf('GET /ws/chat/a.b HTTP/1.1', UPGRADE)],
  ])('for %s end the connection, and their answers are not kept', async (_name, request) => {
    const answer = await saidTo(request, hasHead);
    const length =
      hasHead(answer) && !request.startsWith('HEAD')
        ? Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0)
        : 0;
    const requests = Math.ceil(UNREAD_BYTES / (answer.indexOf('\r\n\r\n') + 4 + length));
    using raw = await RawHttp.connect(port());
    raw.socket.pause();
    await Promise.race([
      new Promise((resolve) => raw.socket.write(request.repeat(requests), resolve)),
      delay(5_000),
    ]);
    await neighbour.untilPong();
    raw.socket.resume();
    const said = await inTime(raw.ended, () => `all ${requests} are answered: ${raw.received.length} bytes`);
    expect(said.length).toBeLessThan(UNREAD_BYTES / 2);
  });
});
