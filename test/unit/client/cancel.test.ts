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

describe('aborting', () => {
  it('ends the loop and the result at once, and the chat on the server', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const abort = new AbortController();
    const chat = rig.session.chat('Olá', { requestId: 'q', signal: abort.signal });
    const read = collect(chat);
    socket.durable('chat_accepted', accepted('q'), 'c1');
    socket.durable('chat', chunk('q', 0, 'Bom'), 'c2');
    await rig.settle();
    abort.abort();
    expect(socket.sentOf('cancel')).toEqual([{ type: 'cancel', data: { request_id: 'q' } }]);
    const { items, error } = await read;
    expect(items).toHaveLength(1);
    expect(error).toBe(abort.signal.reason);
    await expect(chat.result).rejects.toBe(abort.signal.reason);
    expect(chat.status).toBe('running');
    socket.durable('chat_complete', complete('q', 'Bom', 'cancelled'), 'c3');
    expect(chat.status).toBe('cancelled');
  });

  it('before it begins asks nothing', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const reason = new Error('changed my mind');
    expect(() => rig.session.chat('Olá', { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(idsOf(socket)).toEqual([]);
  });

  it('is told again after a reconnect when it happened offline', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    first.durable('chat_accepted', accepted('q'), 'c1');
    const second = await rig.cut();
    chat.cancel();
    expect(second.sent).toEqual([]);
    second.welcome('c1', true);
    expect(second.sentOf('cancel')).toHaveLength(1);
    // That socket goes, too, before the server has answered.
    const third = await rig.cut();
    third.welcome('c1', true);
    expect(third.sentOf('cancel')).toHaveLength(1);
    third.durable('chat_complete', complete('q', '', 'cancelled'), 'c2');
    expect((await chat.result).status).toBe('cancelled');
    const fourth = await rig.cut();
    fourth.welcome('c2', true);
    expect(fourth.sentOf('cancel')).toEqual([]);
  });

  it('of what was never sent needs no server', async () => {
    using rig = new Rig();
    const chat = rig.session.chat('Olá');
    chat.cancel();
    expect(await chat.result).toMatchObject({ status: 'cancelled', text: '' });
    const socket = await rig.online();
    expect(socket.sent.filter(({ type }) => type !== 'ping')).toEqual([]);
  });

  it('of what may have been accepted is asked for, and not sent again', async () => {
    using rig = new Rig();
    await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    const second = await rig.cut();
    chat.cancel();
    second.welcome('c0', true);
    expect(idsOf(second)).toEqual([]);
    expect(second.sentOf('cancel')).toHaveLength(1);
    second.event('error', { code: 'NOT_FOUND', message: 'Não encontrado', request_id: 'q' });
    expect((await chat.result).status).toBe('cancelled');
    // The gateway of the first socket accepted it after all.
    second.durable('chat_accepted', accepted('q'), 'c1');
    expect(second.sentOf('cancel')).toHaveLength(2);
    second.durable('chat', chunk('q', 0, 'x'), 'c2');
    expect(second.sentOf('cancel')).toHaveLength(2);
  });

  it('of what has just ended waits for its end', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.durable('chat_accepted', accepted('q'), 'c1');
    chat.cancel();
    socket.event('error', { code: 'NOT_FOUND', message: 'Não encontrado', request_id: 'q' });
    expect(chat.status).toBe('running');
    socket.durable('chat', chunk('q', 0, 'Bom '), 'c2');
    expect(socket.sentOf('cancel')).toHaveLength(1);
    socket.durable('chat_complete', complete('q', 'Bom dia'), 'c3');
    expect(await chat.result).toMatchObject({ status: 'completed', text: 'Bom dia' });
  });

  it('of what waits on the server lets the next one go', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    rig.session.chat('Olá', { requestId: 'a' });
    socket.durable('chat_accepted', accepted('a'), 'c1');
    const chat = rig.session.chat('Olá', { requestId: 'b' });
    socket.event('queued', { request_id: 'b', position: 1 });
    chat.cancel();
    socket.event('chat_complete', complete('b', '', 'cancelled'));
    expect((await chat.result).status).toBe('cancelled');
  });

  it.each([
    { code: 'RATE_LIMIT', retry_after_ms: 50 },
    { code: 'UNAVAILABLE', request_id: 'q' },
  ])('is told again after $code', async (error) => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.durable('chat_accepted', accepted('q'), 'c1');
    chat.cancel();
    socket.event('error', { message: '', retryable: true, ...error });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.sentOf('cancel')).toHaveLength(2);
  });
});
