import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually, inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { RawHttp } from '../../support/raw-http.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { startSilentServer } from '../../support/silent-server.ts';
import { System } from '../../support/system.ts';
import type { Overrides } from '../../support/test-environment.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';

let system: System;
/** Requests that were begun before all tests, so that their end need not be waited for. */
let unfinished: readonly RawHttp[];
let drip: NodeJS.Timeout;
beforeAll(async () => {
  system = await System.start({ environment: { JWT_SECRET: USER_TOKEN_SECRET } });
  const port = system.gateways[0]?.port ?? 0;
  const [half, dripping, silent, body] = await Promise.all([0, 1, 2, 3].map(() => RawHttp.connect(port)));
  if (!half || !dripping || !silent || !body) throw new Error('no connection');
  const head = 'GET /ws/chat/x HTTP/1.1\r\nHost: a\r\nX-Half: ';
  for (const { socket } of [half, dripping]) socket.write(head);
  body.socket.write('POST /api/v1/chat/x HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n{');
  // One byte now and then is no sign of life.
  drip = setInterval(() => {
    for (const { socket } of [dripping, body]) socket.write('y');
  }, 200);
  unfinished = [half, dripping, silent, body];
});
afterAll(async () => {
  clearInterval(drip);
  for (const request of unfinished) request[Symbol.dispose]();
  await system[Symbol.asyncDispose]();
});

/** One more gateway of the system, by its index. */
async function gatewayWith(overrides: Overrides): Promise<number> {
  await system.addGateway(overrides);
  return system.gateways.length - 1;
}

const portOf = (gateway: number): number => system.gateways[gateway]?.port ?? 0;

async function upgradeStatus(gateway: number, headers: Record<string, string> = {}): Promise<number> {
  return (await rawUpgrade(portOf(gateway), `/ws/chat/${freshId('s')}`, headers)).status;
}

const errorsOf = async (socket: SocketClient, count: number): Promise<string[]> => {
  const codes: string[] = [];
  while (codes.length < count) codes.push(String((await socket.next('error')).data['code']));
  return codes;
};

describe('a gateway that is full', () => {
  it('refuses new sockets with 503 and Retry-After, keeps the old ones, and takes one when one has left', async () => {
    const gateway = await gatewayWith({ MAX_CONNECTIONS: '2' });
    await using first = await system.openChat(freshId('s'), { gateway });
    const second = await system.openChat(freshId('s'), { gateway });
    for (let round = 0; round < 20; round += 1) {
      const answer = await rawUpgrade(portOf(gateway), `/ws/chat/${freshId('s')}`);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    }
    await first.untilPong();
    await second.close();
    await eventually(
      () => upgradeStatus(gateway),
      (status) => status === 101,
    );
    await first.untilPong();
  });
});

describe('MAX_CONNECTIONS_PER_IP', () => {
  it('refuses one more of an address with 429 and Retry-After, and no other address', async () => {
    await using held = new DisposalStack();
    const gateway = await gatewayWith({ MAX_CONNECTIONS_PER_IP: '2', TRUSTED_PROXIES: '127.0.0.1' });
    const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
    const options = { gateway, headers: from('203.0.113.7') };
    held.use(await system.openChat(freshId('s'), options));
    held.use(await system.openInvestigation(freshId('INV'), options));
    const answer = await rawUpgrade(portOf(gateway), `/ws/chat/${freshId('s')}`, from('203.0.113.7'));
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'TOO_MANY_CONNECTIONS' } });
    expect(await upgradeStatus(gateway, from('203.0.113.8'))).toBe(101);
    // One subscriber's /64 is one address, and IPv4 is itself however it is written.
    held.use(await system.openChat(freshId('s'), { gateway, headers: from('2001:db8::1') }));
    held.use(await system.openChat(freshId('s'), { gateway, headers: from('2001:db8::ffff:2') }));
    expect(await upgradeStatus(gateway, from('2001:db8:0:0:1::3'))).toBe(429);
    expect(await upgradeStatus(gateway, from('2001:db8:0:1::3'))).toBe(101);
    expect(await upgradeStatus(gateway, from('::ffff:203.0.113.7'))).toBe(429);
  });

  it('is not fooled by a forwarded address of a peer that is no proxy', async () => {
    await using held = new DisposalStack();
    const gateway = await gatewayWith({ MAX_CONNECTIONS_PER_IP: '1' });
    held.use(await system.openChat(freshId('s'), { gateway }));
    for (const address of ['203.0.113.7', '10.0.0.1', '127.0.0.1', 'unknown', '']) {
      expect(await upgradeStatus(gateway, { 'X-Forwarded-For': address })).toBe(429);
    }
  });

  it('believes the last word, also of a proxy that adds a line of its own below the client’s', async () => {
    await using held = new DisposalStack();
    const gateway = await gatewayWith({ MAX_CONNECTIONS_PER_IP: '1', TRUSTED_PROXIES: '127.0.0.0/8' });
    const spoofed = (fake: string): Record<string, string> => ({
      'X-Forwarded-For': `${fake}\r\nX-Forwarded-For: 203.0.113.9`,
    });
    held.use(
      await system.openChat(freshId('s'), {
        gateway,
        headers: { 'X-Forwarded-For': '203.0.113.9' },
      }),
    );
    for (const fake of ['198.51.100.1', '198.51.100.2', '127.0.0.1']) {
      expect(await upgradeStatus(gateway, spoofed(fake))).toBe(429);
      expect(await upgradeStatus(gateway, { 'X-Forwarded-For': `${fake}, 203.0.113.9` })).toBe(429);
    }
  });
});

describe('MAX_CONNECTIONS_PER_SESSION', () => {
  it('refuses one more socket of a session with 503, and no other session', async () => {
    await using held = new DisposalStack();
    const gateway = await gatewayWith({ MAX_CONNECTIONS_PER_SESSION: '2' });
    const session = freshId('s');
    await using one = await system.openChat(session, { gateway });
    held.use(await system.openChat(session, { gateway }));
    const answer = await rawUpgrade(portOf(gateway), `/ws/chat/${session}`);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await upgradeStatus(gateway)).toBe(101);
    await one.untilPong();
  });
});

describe('MAX_CHATS_PER_MINUTE', () => {
  it('holds for a user over all sockets and sessions, not for repeats, and not for others', async () => {
    const gateway = await gatewayWith({ MAX_CHATS_PER_MINUTE: '2' });
    const token = userToken({ sub: freshId('maria') });
    const ask = (socket: SocketClient, id: string): void => {
      socket.send({ type: 'chat', id, data: { message: 'Olá!' } });
    };
    await using one = await system.openChat(freshId('s'), { gateway, token });
    await using two = await system.openChat(freshId('s'), { gateway, token });
    ask(one, 'a');
    await one.next('chat_complete');
    ask(two, 'b');
    await two.next('chat_complete');
    await using three = await system.openChat(freshId('s'), { gateway, token });
    for (const [socket, id] of [
      [one, 'c'],
      [three, 'd'],
    ] as const) {
      ask(socket, id);
      const { data } = await socket.next('error');
      expect(data).toMatchObject({ code: 'RATE_LIMIT', request_id: id, retryable: true });
      const waitMs = Number(data['retry_after_ms']);
      expect(waitMs).toBeGreaterThan(30_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      expect(data['message']).toBe(`Muitas mensagens. Aguarde ${Math.ceil(waitMs / 1_000)} segundos.`);
    }
    ask(one, 'a');
    expect((await one.next('chat_accepted')).data['duplicate']).toBeUndefined();
    expect((await one.next('chat_accepted')).data['duplicate']).toBe(true);
    await using other = await system.openChat(freshId('s'), {
      gateway,
      token: userToken({ sub: freshId('j') }),
    });
    ask(other, 'a');
    await other.next('chat_complete');
  });

  it('holds for an address without a token, and not for its users', async () => {
    const gateway = await gatewayWith({ MAX_CHATS_PER_MINUTE: '1' });
    await using anonymous = await system.openChat(freshId('s'), { gateway });
    anonymous.send({ type: 'chat', data: { message: 'Olá!' } });
    await anonymous.next('chat_complete');
    await using again = await system.openChat(freshId('s'), { gateway });
    again.send({ type: 'chat', data: { message: 'Olá!' } });
    expect((await again.next('error')).data['code']).toBe('RATE_LIMIT');
    await using user = await system.openChat(freshId('s'), {
      gateway,
      token: userToken({ sub: freshId('m') }),
    });
    user.send({ type: 'chat', data: { message: 'Olá!' } });
    await user.next('chat_complete');
  });
});

describe('floods', () => {
  const flooded: Overrides = { RATE_LIMIT_PER_SECOND: '5', MAX_ERRORS: '20' };

  it('of messages are answered with RATE_LIMIT, then closed', async () => {
    const gateway = await gatewayWith(flooded);
    await using socket = await system.openChat(freshId('s'), { gateway });
    for (let n = 0; n < 60; n += 1) socket.send({ type: 'ping' });
    expect(await errorsOf(socket, 1)).toEqual(['RATE_LIMIT']);
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
    expect(socket.frames.filter(({ type }) => type === 'pong').length).toBeLessThanOrEqual(11);
  });

  it.each(['ping', 'pong'] as const)('of WebSocket %s frames are too', async (frame) => {
    const gateway = await gatewayWith(flooded);
    await using socket = await system.openChat(freshId('s'), { gateway });
    await using neighbour = await system.openChat(freshId('s'), { gateway });
    for (let n = 0; n < 60; n += 1) socket.raw[frame]();
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
    await neighbour.untilPong();
  });

  it('of frames from a client that never reads cost a bounded buffer', async () => {
    const gateway = await gatewayWith({ ...flooded, MAX_ERRORS: '100000', RATE_LIMIT_PER_SECOND: '100000' });
    await using socket = await system.openChat(freshId('s'), { gateway });
    await using neighbour = await system.openChat(freshId('s'), { gateway });
    socket.raw.pause();
    const before = process.memoryUsage().rss;
    const payload = 'x'.repeat(120);
    for (let n = 0; n < 200_000; n += 1) socket.raw.ping(payload);
    await neighbour.untilPong();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    await neighbour.untilPong();
  });
});

describe('the time a client may take', () => {
  it('to be let in ends with 1013 when what it waits for hangs', async () => {
    // An issuer that takes the connection and says nothing.
    await using issuer = await startSilentServer();
    const gateway = await gatewayWith({
      JWKS_URL: `http://127.0.0.1:${issuer.port}/jwks.json`,
      HANDSHAKE_TIMEOUT_MS: '300',
    });
    const token = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.e30.c2ln`;
    const startedAtMs = Date.now();
    await using socket = await system.connect(`/ws/chat/${freshId('s')}`, { gateway, token });
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Try again later' });
    expect(Date.now() - startedAtMs).toBeLessThan(2_000);
    await using neighbour = await system.openChat(freshId('s'), { gateway });
    await neighbour.untilPong();
  });

  it('for a request it never finishes is bounded, and costs the others nothing', async () => {
    await using neighbour = await system.openChat(freshId('s'));
    await neighbour.untilPong();
    const ended = Promise.all(unfinished.map((request) => request.ended));
    await inTime(ended, () => 'a half request is kept', 25_000);
    await neighbour.untilPong();
  });
});

describe('what a request may carry', () => {
  it('is a token of 8 kB, however it comes', async () => {
    await using held = new DisposalStack();
    const filler = 'x'.repeat(5_900);
    const token = userToken({ sub: freshId('maria'), name: filler });
    expect(token.length).toBeGreaterThan(8_000);
    expect(token.length).toBeLessThanOrEqual(8_192);
    held.use(await system.openChat(freshId('s'), { token }));
    held.use(
      await system.openChat(freshId('s'), {
        headers: { Authorization: `Bearer ${token}` },
      }),
    );
    await using pair = await system.openChat(freshId('s'), { subProtocols: ['bearer', token] });
    expect(pair.subProtocol).toBe('bearer');
  });

  it('is no more than 16 KiB of headers', async () => {
    using raw = await RawHttp.connect(portOf(0));
    // Without their end, so that they have to be kept.
    raw.socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ${'y'.repeat(100_000)}`);
    await eventually(
      () => raw.received,
      (said) => said.startsWith('HTTP/1.1 431 '),
    );
  });

  it.each([
    ['with a length', `Content-Length: ${64 * 1024 * 1024}`],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('is no body: one %s is refused without being read', async (_name, header) => {
    using raw = await RawHttp.connect(portOf(0));
    raw.socket.write(`POST /healthz HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
    const block = header.startsWith('Transfer') ? `10000\r\n${'z'.repeat(65_536)}\r\n` : 'z'.repeat(65_536);
    let written = 0;
    const pump = (): void => {
      while (!raw.socket.destroyed && written < 64 * 1024 * 1024) {
        written += block.length;
        if (!raw.socket.write(block)) {
          raw.socket.once('drain', pump);
          return;
        }
      }
    };
    pump();
    const said = await inTime(raw.ended, () => 'still open');
    expect(said).toMatch(/^HTTP\/1\.1 (405|413) /);
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });
});
