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

describe('an answer', () => {
  it('comes piece by piece, and whole in the end', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q', agentId: 'drummond' });
    expect(socket.sentOf('chat')).toEqual([
      { type: 'chat', id: 'q', data: { message: 'Olá', agent_id: 'drummond' } },
    ]);
    expect(chat.status).toBe('pending');
    const read = collect(chat);
    socket.durable('chat_accepted', accepted('q'), 'c1');
    expect(chat.status).toBe('running');
    socket.durable('chat', chunk('q', 0, 'Bom '), 'c2');
    await rig.settle();
    socket.durable('chat', chunk('q', 1, 'dia'), 'c3');
    socket.durable('chat_complete', complete('q', 'Bom dia'), 'c4');
    expect(await read).toEqual({
      items: [
        { delta: 'Bom ', text: 'Bom ', restarted: false },
        { delta: 'dia', text: 'Bom dia', restarted: false },
      ],
      error: undefined,
    });
    expect(await chat.result).toEqual({
      requestId: 'q',
      status: 'completed',
      text: 'Bom dia',
      agentId: 'drummond',
      agentName: 'Carlos Drummond de Andrade',
    });
  });

  it('tells what it cost where the server does', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.raw({ type: 'chat_complete', data: { ...complete('q', 'x'), usage: { output_tokens: 3 } } });
    expect((await chat.result).usage).toEqual({ output_tokens: 3 });
  });

  it('piles up nothing for a reader that is slow or late, of which there may be several', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    for (let index = 0; index < 100; index += 1) socket.event('chat', chunk('q', index, `${index} `));
    socket.event('chat_complete', complete('q', chat.text));
    const whole = { delta: chat.text, text: chat.text, restarted: false };
    expect((await collect(chat)).items).toEqual([whole]);
    expect((await collect(chat)).items).toEqual([whole]);
  });

  it('has every piece once, however often it is sent', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    for (const index of [0, 0, 1, 0, 1]) socket.event('chat', chunk('q', index, `${index} `));
    expect(chat.text).toBe('0 1 ');
  });

  it('that begins again says so, at once', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    const read = collect(chat);
    socket.event('chat', chunk('q', 0, 'Era uma vez'));
    await rig.settle();
    socket.event('chat_restart', { request_id: 'q', attempt: 2 });
    await rig.settle();
    socket.event('chat', chunk('q', 0, 'Houve um tempo'));
    socket.event('chat_complete', complete('q', 'Houve um tempo'));
    expect((await read).items).toEqual([
      { delta: 'Era uma vez', text: 'Era uma vez', restarted: false },
      { delta: '', text: '', restarted: true },
      { delta: 'Houve um tempo', text: 'Houve um tempo', restarted: false },
    ]);
  });

  it('that fails throws after what there was of it', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.event('chat', chunk('q', 0, 'Me'));
    const message = 'Erro ao processar mensagem';
    socket.event('error', { code: 'CHAT_FAILED', message, request_id: 'q', retryable: true });
    const { items, error } = await collect(chat);
    expect(items).toHaveLength(1);
    expect(error).toMatchObject({ code: 'CHAT_FAILED', message, requestId: 'q', retryable: true });
    expect(chat).toMatchObject({ status: 'failed', error });
    await expect(chat.result).rejects.toBe(error);
  });

  it('whose loop is left goes on', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.event('chat', chunk('q', 0, 'a'));
    const chunks = chat[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.return?.();
    expect(socket.sentOf('cancel')).toEqual([]);
    socket.event('chat_complete', complete('q', 'ab'));
    expect((await chat.result).text).toBe('ab');
  });
});

describe('a question', () => {
  it.each(['', 'x'.repeat(16_001)])('has 1 to 16,000 characters', async (message) => {
    using rig = new Rig();
    await rig.online();
    expect(() => rig.session.chat(message)).toThrow(expect.objectContaining({ code: 'INVALID_MESSAGE' }));
    expect(() => rig.session.chat('🙂'.repeat(16_000))).not.toThrow();
  });

  it('has an identifier, its own unless given', async () => {
    using rig = new Rig();
    await rig.online();
    expect(() => rig.session.chat('Olá', { requestId: 'a b' })).toThrow('not an identifier');
    expect(rig.session.chat('Olá').requestId).not.toBe(rig.session.chat('Olá').requestId);
    expect(rig.session.chat('x', { requestId: 'q' })).toBe(rig.session.chat('x', { requestId: 'q' }));
  });

  it('the server refuses fails alone', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const bad = rig.session.chat('Olá');
    const good = rig.session.chat('Olá', { requestId: 'good' });
    socket.event('error', { code: 'INVALID_MESSAGE', message: 'Mensagem inválida', retryable: false });
    await expect(bad.result).rejects.toMatchObject({ code: 'INVALID_MESSAGE' });
    expect(good.status).toBe('pending');
    expect(idsOf(socket).at(-1)).toBe('good');
  });

  it('that closes the socket for its length is not sent again', async () => {
    using rig = new Rig();
    await rig.online();
    const chat = rig.session.chat('\u0000'.repeat(16_000));
    const next = await rig.cut(1009, 'Message too big');
    await expect(chat.result).rejects.toMatchObject({ code: 'TOO_BIG' });
    next.welcome();
    expect(idsOf(next)).toEqual([]);
  });
});

describe('the queue of what is not accepted', () => {
  it('waits for the first connection, and keeps its order', async () => {
    using rig = new Rig();
    for (const requestId of ['a', 'b', 'c']) rig.session.chat('Olá', { requestId });
    const socket = await rig.online();
    expect(idsOf(socket)).toEqual(['a']);
    socket.durable('chat_accepted', accepted('a'), 'c1');
    socket.event('queued', { request_id: 'b', position: 1 });
    expect(rig.session.chats.map(({ status }) => status)).toEqual(['running', 'queued', 'pending']);
    socket.event('queued', { request_id: 'c', position: 2 });
    expect(idsOf(socket)).toEqual(['a', 'b', 'c']);
  });

  it('is sent again in its order, with the same ids, on the next socket', async () => {
    using rig = new Rig();
    const first = await rig.online();
    for (const requestId of ['a', 'b', 'c', 'd']) rig.session.chat('Olá', { requestId });
    first.durable('chat_accepted', accepted('a'), 'c1');
    first.event('queued', { request_id: 'b', position: 1 });
    const second = await rig.cut();
    rig.session.chat('Olá', { requestId: 'e' });
    second.welcome('c1', true);
    expect(rig.session.chats.map(({ status }) => status)).toEqual([
      'running',
      'pending',
      'pending',
      'pending',
      'pending',
    ]);
    for (const id of ['b', 'c', 'd', 'e']) {
      expect(idsOf(second).at(-1)).toBe(id);
      second.durable('chat_accepted', accepted(id), `c-${id}`);
    }
    expect(idsOf(second)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('takes the answer to a repeat as it takes the first', async () => {
    using rig = new Rig();
    await rig.online();
    const chat = rig.session.chat('Olá', { requestId: 'a' });
    const socket = await rig.cut();
    socket.welcome('c0', true);
    socket.event('chat_accepted', { ...accepted('a'), duplicate: true });
    socket.event('chat_complete', complete('a', 'Bom dia'));
    // The channel brings it all a second time.
    socket.durable('chat_accepted', accepted('a'), 'c1');
    socket.durable('chat', chunk('a', 0, 'Bom '), 'c2');
    socket.durable('chat_complete', complete('a', 'Bom dia'), 'c3');
    expect((await collect(chat)).items).toEqual([{ delta: 'Bom dia', text: 'Bom dia', restarted: false }]);
  });

  it.each([
    { code: 'UNAVAILABLE', request_id: 'a' },
    { code: 'LIMIT', request_id: 'a' },
    { code: 'RATE_LIMIT', retry_after_ms: 4_000 },
  ])('tries again after $code, and nothing overtakes', async (error) => {
    using rig = new Rig();
    const socket = await rig.online();
    rig.session.chat('Olá', { requestId: 'a' });
    rig.session.chat('Olá', { requestId: 'b' });
    socket.event('error', { message: '', retryable: true, ...error });
    await vi.advanceTimersByTimeAsync(900);
    expect(idsOf(socket)).toEqual(['a']);
    await vi.advanceTimersByTimeAsync((error.retry_after_ms ?? 0) * 1.5 + 1_000);
    expect(idsOf(socket)).toEqual(['a', 'a']);
  });

  it('sends again what is not answered at all', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    rig.session.chat('Olá', { requestId: 'a' });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(idsOf(socket)).toEqual(['a', 'a']);
  });
});
