import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../client/index.ts';
import { FakeNetwork } from './fake-network.ts';
import { Rig } from './rig.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the first connection', () => {
  it('goes to the session under the prefix, offers the protocol, and waits for the welcome', async () => {
    using rig = new Rig();
    expect(rig.state).toBe('connecting');
    await rig.settle();
    expect(rig.socket.url.href).toBe('ws://gateway.example/api/v1/ws/chat/s');
    expect(rig.socket.protocols).toEqual(['cidadao.v1']);
    expect(rig.state).toBe('connecting');
    rig.socket.welcome();
    expect(rig.session.status).toEqual({ state: 'connected' });
    expect(rig.session.cursor).toBe('c0');
  });

  it('is encrypted where the page or the gateway is', async () => {
    const network = new FakeNetwork();
    using session = connect({
      url: 'https://gateway.example',
      sessionId: 's',
      WebSocket: network.WebSocket,
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(network.last.url.href).toBe(`wss://gateway.example/ws/chat/${session.id}`);
  });

  it('is given up when no welcome comes in time', async () => {
    using rig = new Rig({ connectTimeoutMs: 3_000 });
    await rig.settle();
    const first = rig.socket;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(first.isReleased).toBe(true);
    expect(rig.session.status).toMatchObject({ state: 'waiting', attempt: 1, code: 1006 });
  });

  it('refuses what can not work at once', () => {
    const { WebSocket } = new FakeNetwork();
    expect(() => connect({ url: 'http://x', sessionId: 'a b', WebSocket })).toThrow('not an identifier');
    expect(() => connect({ url: 'nowhere', sessionId: 's', WebSocket })).toThrow(TypeError);
    if (typeof globalThis.WebSocket === 'undefined') {
      expect(() => connect({ url: 'http://x', sessionId: 's' })).toThrow('No WebSocket here');
    }
  });
});

describe('coming back', () => {
  it('waits below a bound that doubles with every failure, up to a maximum', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
    using rig = new Rig({ backoff: { baseMs: 100, maxMs: 1_000 } });
    await rig.settle();
    const delays: number[] = [];
    for (let failure = 0; failure < 6; failure += 1) {
      rig.socket.end();
      const status = rig.session.status;
      if (status.state !== 'waiting') throw new Error(status.state);
      delays.push(Math.round(status.retryInMs));
      await vi.advanceTimersByTimeAsync(status.retryInMs + 1);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('takes any delay below the bound: full jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    using rig = new Rig();
    await rig.settle();
    rig.socket.end();
    expect(rig.session.status).toMatchObject({ state: 'waiting', retryInMs: 0 });
  });

  it('counts anew only after a connection that held', async () => {
    using rig = new Rig();
    await rig.online();
    await rig.cut();
    rig.socket.welcome();
    await rig.cut();
    expect(rig.session.status).toMatchObject({ attempt: 2 });
    rig.socket.welcome();
    await vi.advanceTimersByTimeAsync(10_000);
    rig.socket.end();
    expect(rig.session.status).toMatchObject({ attempt: 1 });
  });

  it('goes on from the last cursor, and says what became of it', async () => {
    using rig = new Rig();
    const first = await rig.online('c0');
    expect(first.since).toBeNull();
    first.durable('notification', { a: 1 }, 'c1');
    const second = await rig.cut();
    expect(second.since).toBe('c1');
    second.welcome('c1', true);
    expect(rig.session.status).toEqual({ state: 'connected', recovered: true });
  });

  it('comes at once when the server goes away, and later when it is overloaded', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    using rig = new Rig();
    await rig.online();
    rig.socket.end(1001, 'Going away');
    expect(rig.session.status).toMatchObject({ retryInMs: 0 });
    await rig.settle();
    rig.socket.welcome();
    await vi.advanceTimersByTimeAsync(10_000);
    rig.socket.end(1013, 'Try again later');
    expect(rig.session.status).toMatchObject({ retryInMs: 2_000 });
  });

  it.each([
    [1000, ''],
    [1008, 'Forbidden'],
    [1008, 'Revoked'],
    [1008, 'Invalid authentication'],
    [1008, 'Token expired'],
  ])('does not after %i "%s" with nothing to try instead', async (code, reason) => {
    using rig = new Rig({ token: 'fixed' });
    await rig.online();
    rig.socket.end(code, reason);
    expect(rig.session.status).toEqual({ state: 'closed', code, reason });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(rig.network.sockets).toHaveLength(1);
  });

  it.each([1005, 1006, 1009, 1011])('does after %i', async (code) => {
    using rig = new Rig();
    await rig.online();
    await rig.cut(code);
    expect(rig.network.sockets).toHaveLength(2);
  });

  it('hears nothing more of a socket that is gone', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const second = await rig.cut();
    second.welcome('c0', true);
    first.durable('notification', { late: true }, 'c9');
    first.end();
    expect(rig.session.cursor).toBe('c0');
    expect(rig.state).toBe('connected');
  });

  it('treats a frame that is no event as a broken connection, not as nothing', async () => {
    using rig = new Rig();
    await rig.online();
    rig.socket.text('{"type":');
    expect(rig.session.status).toMatchObject({ state: 'waiting', reason: 'not an event' });
  });
});

describe('a cursor the server does not take', () => {
  it('is found out by trying without it, and given up as a gap', async () => {
    using rig = new Rig();
    const gaps: string[] = [];
    rig.session.on('gap', ({ channel }) => gaps.push(channel));
    await rig.online('not-a-cursor');
    // As a browser sees an answer 400: cut, over and over, but only with the cursor.
    rig.network.onSocket = (socket) => {
      setTimeout(() => {
        if (socket.since === null) socket.welcome('c5');
        else socket.end();
      }, 1);
    };
    rig.socket.end();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(rig.state).toBe('connected');
    expect(rig.session.cursor).toBe('c5');
    expect(gaps).toEqual(['session']);
  });

  it('is kept when the network was the reason', async () => {
    using rig = new Rig();
    const gaps: string[] = [];
    rig.session.on('gap', ({ channel }) => gaps.push(channel));
    await rig.online('c0');
    let isDown = true;
    rig.network.onSocket = (socket) => {
      setTimeout(() => {
        if (isDown) socket.end();
        else socket.welcome(socket.since ?? 'elsewhere');
      }, 1);
    };
    rig.socket.end();
    await vi.advanceTimersByTimeAsync(90_000);
    isDown = false;
    await vi.advanceTimersByTimeAsync(40_000);
    expect(rig.state).toBe('connected');
    expect(rig.session.cursor).toBe('c0');
    expect(gaps).toEqual([]);
  });
});

describe('dead sockets', () => {
  it('are found by a ping that nothing follows', async () => {
    using rig = new Rig({ pingIntervalMs: 10_000, pingTimeoutMs: 2_000 });
    const socket = await rig.online();
    socket.answersPings = false;
    const pings = socket.sentOf('ping').length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(socket.sentOf('ping')).toHaveLength(pings + 1);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(rig.state).toBe('connected');
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.isReleased).toBe(true);
    expect(rig.session.status).toMatchObject({ state: 'waiting', reason: 'no answer to a ping' });
  });

  it('are not those on which anything comes', async () => {
    using rig = new Rig({ pingIntervalMs: 10_000, pingTimeoutMs: 2_000 });
    const socket = await rig.online();
    socket.answersPings = false;
    for (let second = 0; second < 60; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      socket.durable('notification', { second }, `n${second}`);
    }
    expect(rig.state).toBe('connected');
    expect(socket.sentOf('ping')).toHaveLength(1);
  });

  it('tells the round trip', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    expect(rig.session.roundTripMs).toBe(0);
    socket.answersPings = false;
    rig.session.ping();
    await vi.advanceTimersByTimeAsync(7);
    socket.event('pong', {});
    expect(rig.session.roundTripMs).toBeCloseTo(7, 0);
  });
});

describe('close', () => {
  it('is clean: no timer, no listener, no socket, once', async () => {
    const rig = new Rig({ getToken: () => token(3_600) });
    const socket = await rig.online();
    rig.session.chat('Olá');
    rig.session.subscribe('INV');
    void rig.session.history().catch(() => undefined);
    rig.session.close();
    rig.session.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(socket.isReleased).toBe(true);
    expect(rig.statuses.filter(({ state }) => state === 'closed')).toHaveLength(1);
    socket.end();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(rig.network.sockets).toHaveLength(1);
  });

  it.each(['connecting', 'waiting'] as const)('works while %s, too', async (state) => {
    const rig = new Rig();
    await rig.settle();
    if (state === 'waiting') rig.socket.end();
    expect(rig.state).toBe(state);
    rig.session.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['connecting', 'connected', 'waiting'] as const)(
    'may be called by who is told of %s',
    async (state) => {
      const rig = new Rig();
      rig.session.on('status', (status) => {
        if (status.state === state && rig.network.sockets.length > 0) rig.session.close();
      });
      await rig.online();
      rig.socket.end();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(rig.state).toBe('closed');
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('fails what waits, and what is asked afterwards', async () => {
    const rig = new Rig();
    await rig.online();
    const chat = rig.session.chat('Olá');
    const history = rig.session.history();
    const subscription = rig.session.subscribe('INV')[Symbol.asyncIterator]();
    const next = subscription.next();
    rig.session.close();
    const closed = { code: 'CLOSED' };
    await expect(chat.result).rejects.toMatchObject(closed);
    await expect(history).rejects.toMatchObject(closed);
    await expect(next).rejects.toMatchObject(closed);
    expect(() => rig.session.chat('Olá')).toThrow(expect.objectContaining(closed));
    expect(() => rig.session.subscribe('INV')).toThrow(expect.objectContaining(closed));
    await expect(rig.session.history()).rejects.toMatchObject(closed);
  });
});

function token(expiresInSeconds: number): string {
  const claims = { sub: 'u', exp: Date.now() / 1_000 + expiresInSeconds };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}
