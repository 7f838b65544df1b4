import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accepted, chunk, complete } from './fake-network.ts';
import { collect, FakeStorage, Rig } from './rig.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const past = (type: string, data: unknown): Record<string, unknown> => ({
  type,
  data,
  id: `past-${type}`,
  timestamp: new Date().toISOString(),
});

describe('a reload with storage', () => {
  it('streams a running answer from its beginning', async () => {
    const storage = new FakeStorage();
    const before = new Rig({ storage });
    const first = await before.online('c0');
    first.durable('notification', { a: 1 }, 'c1');
    before.session.chat('Olá', { requestId: 'q', agentId: 'drummond' });
    first.durable('chat_accepted', accepted('q'), 'c2');
    first.durable('chat', chunk('q', 0, 'Bom '), 'c3');
    before.session.close();

    using rig = new Rig({ storage });
    expect(rig.session.chats).toMatchObject([{ requestId: 'q', message: 'Olá' }]);
    const chat = rig.session.resumeChat('q');
    await rig.settle();
    expect(rig.socket.since).toBe('c1');
    rig.socket.welcome('c1', true);
    const read = collect(chat);
    expect(rig.socket.sentOf('chat')).toEqual([
      { type: 'chat', id: 'q', data: { message: 'Olá', agent_id: 'drummond' } },
    ]);
    rig.socket.durable('chat_accepted', accepted('q'), 'c2');
    rig.socket.event('chat_accepted', { ...accepted('q'), duplicate: true });
    rig.socket.durable('chat', chunk('q', 0, 'Bom '), 'c3');
    await rig.settle();
    rig.socket.durable('chat', chunk('q', 1, 'dia'), 'c4');
    rig.socket.durable('chat_complete', complete('q', 'Bom dia'), 'c5');
    expect((await read).items.map(({ delta }) => delta)).toEqual(['Bom ', 'dia']);
  });

  it('sends what was not sent yet, in its order', async () => {
    const storage = new FakeStorage();
    const before = new Rig({ storage });
    before.session.chat('um', { requestId: 'a' });
    before.session.chat('dois', { requestId: 'b' });
    before.session.close();

    using rig = new Rig({ storage });
    const socket = await rig.online();
    socket.durable('chat_accepted', accepted('a'), 'c1');
    expect(socket.sentOf('chat').map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('remembers what was cancelled and not confirmed', async () => {
    const storage = new FakeStorage();
    const before = new Rig({ storage });
    const first = await before.online();
    const chat = before.session.chat('Olá', { requestId: 'q' });
    first.durable('chat_accepted', accepted('q'), 'c1');
    first.end();
    chat.cancel();
    before.session.close();

    using rig = new Rig({ storage });
    const socket = await rig.online();
    expect(socket.sentOf('chat')).toEqual([]);
    expect(socket.sentOf('cancel')[0]?.data).toEqual({ request_id: 'q' });
    socket.durable('chat_complete', complete('q', '', 'cancelled'), 'c2');
    expect(rig.session.resumeChat('q').status).toBe('cancelled');
  });

  it('starts where the oldest unfinished chat did, else where the channel stood', async () => {
    const storage = new FakeStorage();
    const before = new Rig({ storage });
    const first = await before.online('c0');
    first.durable('chat_accepted', accepted('a'), 'c1');
    first.durable('chat_accepted', accepted('b'), 'c2');
    first.durable('chat_complete', complete('a', ''), 'c3');
    const second = new Rig({ storage });
    await second.settle();
    expect(second.socket.since).toBe('c1');
    first.durable('chat_complete', complete('b', ''), 'c4');
    const third = new Rig({ storage });
    await third.settle();
    expect(third.socket.since).toBe('c4');
    for (const rig of [before, second, third]) rig.session.close();
  });

  it('begins after a gap where the gap ended', async () => {
    const storage = new FakeStorage();
    const before = new Rig({ storage });
    const first = await before.online('c0');
    before.session.chat('Olá', { requestId: 'q' });
    first.durable('chat_accepted', accepted('q'), 'c1');
    (await before.cut()).welcome('c90', false);
    before.session.close();
    using rig = new Rig({ storage });
    await rig.settle();
    expect(rig.socket.since).toBe('c90');
  });

  it.each(['', '{', 'null', '7', '{"chats":[{"id":1}],"cursor":7}'])(
    'takes what it cannot read for nothing: %s',
    async (text) => {
      const storage = new FakeStorage();
      storage.setItem('cidadao:s', text);
      using rig = new Rig({ storage });
      await rig.settle();
      expect(rig.socket.since).toBeNull();
      expect(rig.session.chats).toEqual([]);
    },
  );

  it('does without a storage that throws', async () => {
    const fail = (): never => {
      throw new Error('denied');
    };
    using rig = new Rig({ storage: { getItem: fail, setItem: fail } });
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.durable('chat_complete', complete('q', 'Oi'), 'c1');
    expect((await chat.result).text).toBe('Oi');
  });
});

describe('a reload without', () => {
  it('finds the end of an answer in the history, over as many pages as it takes', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.resumeChat('q');
    expect(rig.session.resumeChat('q')).toBe(chat);
    expect(socket.sentOf('history')[0]?.data).toEqual({ limit: 200 });
    socket.event('history', {
      events: [past('chat_complete', complete('q', 'Bom dia'))],
      before: 'b1',
      more: true,
    });
    await rig.settle();
    expect(socket.sentOf('history')[1]?.data).toEqual({ limit: 200, before: 'b1' });
    socket.event('history', { events: [past('chat_accepted', accepted('q'))], before: 'b0', more: true });
    expect(await chat.result).toMatchObject({ text: 'Bom dia' });
    expect(chat.message).toBe('Olá');
    expect((await collect(chat)).items).toHaveLength(1);
  });

  it('waits for the whole of one that still runs', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.resumeChat('q');
    const read = collect(chat);
    socket.durable('chat', chunk('q', 7, 'meio'), 'c1');
    socket.event('history', { events: [past('chat_accepted', accepted('q'))], more: false });
    await rig.settle();
    expect(chat).toMatchObject({ status: 'running', message: 'Olá', text: '' });
    socket.durable('chat_complete', complete('q', 'começo meio fim'), 'c2');
    expect((await read).items.map(({ text }) => text)).toEqual(['começo meio fim']);
  });

  it('fails for one the session never had', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.resumeChat('q');
    socket.event('history', { events: [past('chat_accepted', accepted('other'))], more: false });
    await expect(chat.result).rejects.toMatchObject({ code: 'NOT_FOUND', requestId: 'q' });
  });

  it('fails when the session is closed meanwhile', async () => {
    const rig = new Rig();
    const chat = rig.session.resumeChat('q');
    rig.session.close();
    await expect(chat.result).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('can be aborted', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const abort = new AbortController();
    const chat = rig.session.resumeChat('q', { signal: abort.signal });
    socket.durable('chat', chunk('q', 7, 'x'), 'c1');
    abort.abort();
    expect(socket.sentOf('cancel')).toHaveLength(1);
    await expect(chat.result).rejects.toBe(abort.signal.reason);
  });
});
