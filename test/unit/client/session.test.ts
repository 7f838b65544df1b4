import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accepted, chunk, complete, type FakeSocket } from './fake-network.ts';
import { collect, Rig } from './rig.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const idsOf = (socket: FakeSocket): readonly (string | undefined)[] =>
  socket.sentOf('chat').map(({ id }) => id);

describe('several tabs', () => {
  it('see the chats of each other', async () => {
    using rig = new Rig();
    const started = vi.fn();
    rig.session.on('started', started);
    const socket = await rig.online();
    socket.durable('chat_accepted', accepted('theirs', 'E aí?'), 'c1');
    socket.durable('chat', chunk('theirs', 0, 'Oi'), 'c2');
    const [chat] = rig.session.chats;
    expect(started).toHaveBeenCalledExactlyOnceWith(chat);
    expect(chat).toMatchObject({ requestId: 'theirs', message: 'E aí?', text: 'Oi', status: 'running' });
    chat?.cancel();
    expect(socket.sentOf('cancel')).toHaveLength(1);
  });

  it('get the whole text of one whose beginning they missed, in the end', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    socket.durable('chat', chunk('theirs', 7, ' dia'), 'c1');
    const [chat] = rig.session.chats;
    if (chat === undefined) throw new Error('no chat');
    const read = collect(chat);
    socket.durable('chat', chunk('theirs', 8, ' a todos'), 'c2');
    await rig.settle();
    expect(chat).toMatchObject({ text: '', status: 'running', agentId: 'drummond' });
    socket.durable('chat_complete', complete('theirs', 'Bom dia a todos'), 'c3');
    expect((await read).items.map(({ delta }) => delta)).toEqual(['Bom dia a todos']);
  });

  it('keep no more ended chats than they may want again', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    for (let index = 0; index < 200; index += 1) {
      socket.event('chat_complete', complete(`q${index}`, 'x'));
    }
    expect(rig.session.chats).toHaveLength(64);
  });
});

describe('a gap in the session', () => {
  it('is told, and what has not ended is asked about again', async () => {
    using rig = new Rig();
    const gaps = vi.fn();
    rig.session.on('gap', gaps);
    const first = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    first.durable('chat_accepted', accepted('q'), 'c1');
    first.durable('chat', chunk('q', 0, 'Bom '), 'c2');
    const read = collect(chat);
    await rig.settle();
    const second = await rig.cut();
    second.welcome('c90', false);
    expect(gaps).toHaveBeenCalledExactlyOnceWith({
      type: 'gap',
      channel: 'session',
      reason: 'unrecovered',
    });
    expect(idsOf(second)).toEqual(['q']);
    second.durable('chat', chunk('q', 5, 'outra coisa'), 'c91');
    second.event('chat_accepted', { ...accepted('q'), duplicate: true });
    second.event('chat_complete', complete('q', 'Bom dia'));
    expect((await read).items.map(({ delta }) => delta)).toEqual(['Bom ', 'dia']);
  });

  it('restarts an answer whose storage is gone', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    first.durable('chat_accepted', accepted('q'), 'c1');
    first.durable('chat', chunk('q', 0, 'Bom '), 'c2');
    const read = collect(chat);
    await rig.settle();
    const second = await rig.cut();
    second.welcome('d0', false);
    second.durable('chat_accepted', accepted('q'), 'd1');
    second.durable('chat', chunk('q', 0, 'Boa tarde'), 'd2');
    second.durable('chat_complete', complete('q', 'Boa tarde'), 'd3');
    expect((await read).items).toEqual([
      { delta: 'Bom ', text: 'Bom ', restarted: false },
      { delta: 'Boa tarde', text: 'Boa tarde', restarted: true },
    ]);
  });

  it('ends a chat that nobody can ask about', async () => {
    using rig = new Rig();
    const first = await rig.online();
    first.durable('chat', chunk('theirs', 3, 'x'), 'c1');
    const [chat] = rig.session.chats;
    (await rig.cut()).welcome('c90', false);
    await expect(chat?.result).rejects.toMatchObject({ code: 'GAP' });
  });
});

describe('listeners', () => {
  it('that throw harm nobody', async () => {
    const uncaught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', uncaught);
    try {
      using rig = new Rig();
      const heard = vi.fn();
      const error = new Error('defect of the application');
      rig.session.on('notification', () => {
        throw error;
      });
      const stop = rig.session.on('event', heard);
      const socket = await rig.online();
      socket.durable('notification', { a: 1 }, 'c1');
      expect(heard).toHaveBeenLastCalledWith(expect.objectContaining({ type: 'notification' }));
      stop();
      socket.durable('notification', { a: 2 }, 'c2');
      expect(rig.session.cursor).toBe('c2');
      vi.useRealTimers();
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(uncaught).toHaveBeenCalledWith(error, 'uncaughtException');
      expect(heard).toHaveBeenCalledTimes(3);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
  });

  it('hear who is there', async () => {
    using rig = new Rig();
    const presence = vi.fn();
    rig.session.on('presence', presence);
    const socket = await rig.online();
    const participants = [{ user: { id: 'u', name: 'Ana' }, connections: 2 }];
    socket.raw({ type: 'presence', data: { participants } });
    expect(rig.session.participants).toEqual(participants);
    expect(presence).toHaveBeenCalledOnce();
  });
});
