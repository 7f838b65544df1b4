import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rig } from './rig.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function token(expiresInSeconds: number, name = 'x'): string {
  const claims = { sub: 'ü', exp: Math.floor(Date.now() / 1_000) + expiresInSeconds };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${name}`;
}

describe('the token of a connection', () => {
  it('travels as a sub-protocol, never in the address', async () => {
    const fixed = token(60);
    using rig = new Rig({ token: fixed });
    await rig.settle();
    expect(rig.socket.protocols).toEqual(['cidadao.v1', 'bearer', fixed]);
    expect(rig.socket.url.href).not.toContain(fixed);
  });

  it('is asked for before every connection', async () => {
    const getToken = vi.fn(() => Promise.resolve(token(3_600, `t${getToken.mock.calls.length}`)));
    using rig = new Rig({ getToken });
    await rig.online();
    expect(rig.socket.protocols[2]).toMatch(/t1$/);
    await rig.cut();
    expect(rig.socket.protocols[2]).toMatch(/t2$/);
  });

  it.each([undefined, ''])('may be none: %o', async (none) => {
    using rig = new Rig({ getToken: () => none });
    await rig.settle();
    expect(rig.socket.protocols).toEqual(['cidadao.v1']);
  });

  it('is asked for again when that failed', async () => {
    const getToken = vi.fn(() => token(60));
    getToken.mockImplementationOnce(() => {
      throw new Error('the login service is down');
    });
    using rig = new Rig({ getToken });
    await rig.settle();
    expect(rig.session.status).toMatchObject({
      state: 'waiting',
      reason: 'Error: the login service is down',
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.network.sockets).toHaveLength(1);
  });

  it('that comes after the close opens nothing', async () => {
    let answer: (value: string) => void = () => undefined;
    const rig = new Rig({ getToken: () => new Promise<string>((resolve) => (answer = resolve)) });
    rig.session.close();
    answer(token(60));
    await rig.settle();
    expect(rig.network.sockets).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that never comes does not hold the connection for ever', async () => {
    using rig = new Rig({ getToken: () => new Promise<string>(() => undefined) });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rig.session.status).toMatchObject({ state: 'waiting', reason: 'no welcome in time' });
  });
});

describe('renewal', () => {
  it('comes before the end, on the open socket', async () => {
    const getToken = vi.fn(() => token(900, `t${getToken.mock.calls.length}`));
    using rig = new Rig({ getToken });
    const socket = await rig.online();
    await vi.advanceTimersByTimeAsync(839_000);
    expect(socket.sentOf('auth')).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.sentOf('auth')).toHaveLength(1);
    expect(socket.sentOf('auth')[0]?.data?.['token']).toMatch(/t2$/);
    socket.event('authenticated', { expires_at: new Date(Date.now() + 900_000).toISOString() });
    await vi.advanceTimersByTimeAsync(841_000);
    expect(socket.sentOf('auth')).toHaveLength(2);
    expect(rig.network.sockets).toHaveLength(1);
  });

  it("goes by the server's clock", async () => {
    using rig = new Rig({ getToken: () => token(900) });
    await rig.settle();
    const aheadMs = 600_000;
    rig.socket.raw({
      type: 'connection',
      data: { cursor: 'c0' },
      timestamp: new Date(Date.now() + aheadMs).toISOString(),
    } as never);
    await vi.advanceTimersByTimeAsync(241_000);
    expect(rig.socket.sentOf('auth')).toHaveLength(1);
  });

  it('is tried again while there is time', async () => {
    const getToken = vi.fn(() => token(100, `t${getToken.mock.calls.length}`));
    using rig = new Rig({ getToken });
    const socket = await rig.online();
    getToken.mockImplementationOnce(() => {
      throw new Error('down');
    });
    await vi.advanceTimersByTimeAsync(76_000);
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(socket.sentOf('auth')).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(socket.sentOf('auth').length).toBeGreaterThan(0);
  });

  it('needs nothing from a token that tells no end', async () => {
    using rig = new Rig({ getToken: () => 'opaque' });
    await rig.online();
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(rig.socket.sentOf('auth')).toEqual([]);
  });

  it('of a connection that is gone is not sent on the next', async () => {
    let answer: (value: string) => void = () => undefined;
    const getToken = vi.fn((): string | Promise<string> => token(100));
    using rig = new Rig({ getToken });
    await rig.online();
    getToken.mockImplementationOnce(() => new Promise<string>((resolve) => (answer = resolve)));
    await vi.advanceTimersByTimeAsync(76_000);
    await rig.cut();
    rig.socket.welcome();
    answer('late');
    await rig.settle();
    expect(rig.socket.sentOf('auth')).toEqual([]);
  });

  it('of a fixed token is the application to do', async () => {
    using rig = new Rig({ token: 'one' });
    const socket = await rig.online();
    rig.session.authenticate('two');
    expect(socket.sentOf('auth')[0]?.data).toEqual({ token: 'two' });
    await rig.cut();
    expect(rig.socket.protocols[2]).toBe('two');
  });
});

describe('a refused token', () => {
  it('is replaced at once when it only ran out', async () => {
    using rig = new Rig({ getToken: () => token(60) });
    await rig.online();
    rig.socket.end(1008, 'Token expired');
    expect(rig.session.status).toMatchObject({ state: 'waiting', retryInMs: 0 });
  });

  it('is replaced a few times, and then it is over', async () => {
    using rig = new Rig({ getToken: () => token(60) });
    await rig.settle();
    rig.network.onSocket = (socket) => {
      setTimeout(() => {
        socket.end(1008, 'Invalid authentication');
      }, 1);
    };
    rig.socket.end(1008, 'Invalid authentication');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rig.network.sockets).toHaveLength(3);
    expect(rig.session.status).toEqual({ state: 'closed', code: 1008, reason: 'Invalid authentication' });
    const { chats } = rig.session;
    expect(chats).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails what waits with FORBIDDEN', async () => {
    using rig = new Rig({ token: 'bad' });
    await rig.settle();
    const chat = rig.session.chat('Olá');
    rig.socket.end(1008, 'Invalid authentication');
    await expect(chat.result).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'Invalid authentication',
    });
  });
});
