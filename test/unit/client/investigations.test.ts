import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Subscription, SubscriptionItem } from '../../../client/index.ts';
import type { FakeSocket } from './fake-network.ts';
import { collect, Rig } from './rig.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function subscribed(socket: FakeSocket, cursor: string, recovered?: boolean, id = 'INV'): void {
  socket.event('subscribed', {
    investigation_id: id,
    message: '',
    cursor,
    ...(recovered === undefined ? {} : { recovered }),
  });
}

function progress(socket: FakeSocket, value: number, id = 'INV'): void {
  socket.raw({
    type: 'investigation_progress',
    data: { investigation_id: id, update_type: 'progress', value },
    channel: `investigation.${id}`,
    cursor: `i${value}`,
  } as never);
}

/** What was read so far, as progress values and gaps. */
function follow(subscription: Subscription): unknown[] {
  const seen: unknown[] = [];
  void (async () => {
    for await (const item of subscription) seen.push(valueOf(item));
  })().catch((error: unknown) => seen.push(error));
  return seen;
}

function valueOf(item: SubscriptionItem): unknown {
  if (item.type === 'gap') return item.reason;
  return item.type === 'anomaly_detected' ? item.data.severity : item.data['value'];
}

describe('a subscription', () => {
  it('gives typed events from its confirmation on', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const subscription = rig.session.subscribe('INV');
    expect(socket.sentOf('subscribe')).toEqual([{ type: 'subscribe', data: { investigation_id: 'INV' } }]);
    const seen = follow(subscription);
    // The session was subscribed already, by another tab: this comes again if it is to count.
    progress(socket, 1);
    expect(subscription).toMatchObject({ isLive: false, cursor: undefined });
    subscribed(socket, 'i1');
    expect(subscription).toMatchObject({ isLive: true, cursor: 'i1' });
    progress(socket, 2);
    socket.event(
      'anomaly_detected',
      { investigation_id: 'INV', severity: 'high', description: null, details: {} },
      { channel: 'investigation.INV', cursor: 'i3' },
    );
    progress(socket, 9, 'OTHER');
    await rig.settle();
    expect(seen).toEqual([2, 'high']);
    expect(subscription.cursor).toBe('i3');
  });

  it('goes on from its own cursor on the next socket, whatever comes before it is confirmed', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const seen = follow(rig.session.subscribe('INV', { since: 'i0' }));
    expect(first.sentOf('subscribe')[0]?.data).toEqual({ investigation_id: 'INV', since: 'i0' });
    subscribed(first, 'i0', true);
    progress(first, 1);
    const second = await rig.cut();
    second.welcome('c0', true);
    progress(second, 4);
    expect(second.sentOf('subscribe')[0]?.data).toEqual({ investigation_id: 'INV', since: 'i1' });
    subscribed(second, 'i1', true);
    for (const value of [2, 3, 4]) progress(second, value);
    await rig.settle();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('shows a hole where it is', async () => {
    using rig = new Rig();
    const gaps = vi.fn();
    rig.session.on('gap', gaps);
    const first = await rig.online();
    const seen = follow(rig.session.subscribe('INV'));
    subscribed(first, 'i0');
    progress(first, 1);
    const second = await rig.cut();
    second.welcome('c0', true);
    subscribed(second, 'i90', false);
    progress(second, 91);
    await rig.settle();
    expect(seen).toEqual([1, 'unrecovered', 91]);
    expect(gaps).toHaveBeenCalledExactlyOnceWith({
      type: 'gap',
      channel: 'investigation.INV',
      reason: 'unrecovered',
    });
  });

  it('is one at the server for all who read it here', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const one = follow(rig.session.subscribe('INV'));
    subscribed(socket, 'i0');
    progress(socket, 1);
    const other = follow(rig.session.subscribe('INV'));
    progress(socket, 2);
    await rig.settle();
    expect(socket.sentOf('subscribe')).toHaveLength(1);
    expect([one, other]).toEqual([[1, 2], [2]]);
  });

  it('whose loop is left stays the session’s, and is not renewed from here', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const subscription = rig.session.subscribe('INV');
    subscribed(first, 'i0');
    progress(first, 1);
    await subscription[Symbol.asyncIterator]().return?.();
    progress(first, 2);
    expect(subscription.isLive).toBe(false);
    const second = await rig.cut();
    second.welcome('c0', true);
    expect(first.sentOf('unsubscribe')).toEqual([]);
    expect(second.sentOf('subscribe')).toEqual([]);
  });

  it('ends for the whole session when asked to', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const subscription = rig.session.subscribe('INV');
    const read = collect(subscription);
    subscribed(socket, 'i0');
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(await read).toEqual({ items: [], error: undefined });
    expect(socket.sentOf('unsubscribe')).toHaveLength(1);
    socket.event('unsubscribed', { investigation_id: 'INV' });
    rig.session.subscribe('INV');
    expect(socket.sentOf('subscribe')).toHaveLength(2);
  });

  it('ends with its signal', async () => {
    using rig = new Rig();
    await rig.online();
    const abort = new AbortController();
    const read = collect(rig.session.subscribe('INV', { signal: abort.signal }));
    const never = collect(rig.session.subscribe('INV', { signal: AbortSignal.abort() }));
    abort.abort();
    expect(await read).toEqual({ items: [], error: undefined });
    expect(await never).toEqual({ items: [], error: undefined });
  });

  it.each(['FORBIDDEN', 'LIMIT'])('that is refused with %s throws it', async (code) => {
    using rig = new Rig();
    const socket = await rig.online();
    const read = collect(rig.session.subscribe('INV'));
    socket.event('error', { code, message: '', retryable: false });
    expect((await read).error).toMatchObject({ code });
    const next = await rig.cut();
    next.welcome();
    expect(next.sentOf('subscribe')).toEqual([]);
  });
});

describe('a slow reader', () => {
  it('is not sent more than it takes, and then what it missed', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const subscription = rig.session.subscribe('INV', { limit: 10 });
    const reader = subscription[Symbol.asyncIterator]();
    const firstItem = reader.next();
    subscribed(socket, 'i0');
    for (let value = 1; value <= 50; value += 1) progress(socket, value);
    expect(subscription).toMatchObject({ isLive: false, cursor: 'i11' });
    const seen = [valueOf((await firstItem).value as SubscriptionItem)];
    for (let count = 0; count < 10; count += 1) {
      seen.push(valueOf((await reader.next()).value as SubscriptionItem));
    }
    expect(socket.sentOf('subscribe').map(({ data }) => data?.['since'])).toEqual([undefined, 'i11']);
    subscribed(socket, 'i11', true);
    for (let value = 12; value <= 14; value += 1) {
      progress(socket, value);
      seen.push(valueOf((await reader.next()).value as SubscriptionItem));
    }
    expect(seen).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
  });

  it('stays paused over a reconnect', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const reader = rig.session.subscribe('INV', { limit: 2 })[Symbol.asyncIterator]();
    void reader.next();
    subscribed(first, 'i0');
    for (let value = 1; value <= 9; value += 1) progress(first, value);
    const second = await rig.cut();
    second.welcome('c0', true);
    expect(second.sentOf('subscribe')).toEqual([]);
    await reader.next();
    expect(second.sentOf('subscribe').map(({ data }) => data?.['since'])).toEqual(['i3']);
  });

  it('that never reads loses the oldest, is told so, and holds up nobody', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const idle = rig.session.subscribe('INV', { limit: 3 });
    const busy = follow(rig.session.subscribe('INV'));
    subscribed(socket, 'i0');
    for (let value = 1; value <= 9; value += 1) progress(socket, value);
    await rig.settle();
    expect(busy).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const late = follow(idle);
    await rig.settle();
    expect(late).toEqual(['overflow', 8, 9]);
  });
});

describe('requests', () => {
  it('wait for their answers one at a time, and survive the socket', async () => {
    using rig = new Rig();
    const first = await rig.online();
    const page = rig.session.history({ limit: 7, before: 'b9' });
    rig.session.subscribe('INV');
    expect(first.sentOf('history')).toEqual([{ type: 'history', data: { limit: 7, before: 'b9' } }]);
    expect(first.sentOf('subscribe')).toEqual([]);
    const second = await rig.cut();
    second.welcome();
    expect(second.sentOf('history')).toHaveLength(1);
    second.event('history', { events: [], before: 'b1', more: true });
    expect(await page).toEqual({ events: [], before: 'b1', more: true });
    expect(second.sentOf('subscribe')).toHaveLength(1);
  });

  it('that fail do so alone', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const bad = rig.session.history({ before: 'no-cursor' });
    const good = rig.session.history();
    socket.event('error', { code: 'INVALID_MESSAGE', message: 'Mensagem inválida', retryable: false });
    await expect(bad).rejects.toMatchObject({ code: 'INVALID_MESSAGE', message: 'Mensagem inválida' });
    socket.event('history', { events: [], more: false });
    expect((await good).more).toBe(false);
  });

  it.each(['UNAVAILABLE', 'RATE_LIMIT'])('are made again after %s', async (code) => {
    using rig = new Rig();
    const socket = await rig.online();
    rig.session.subscribe('INV');
    socket.event('error', { code, message: '', retryable: true });
    expect(socket.sentOf('subscribe')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.sentOf('subscribe')).toHaveLength(2);
  });

  it('that are never answered cost the socket, not the request', async () => {
    using rig = new Rig();
    await rig.online();
    rig.session.subscribe('INV');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(rig.session.status).toMatchObject({ state: 'waiting', reason: 'no answer to a request' });
    await vi.advanceTimersByTimeAsync(1_000);
    rig.socket.welcome();
    expect(rig.socket.sentOf('subscribe')).toHaveLength(1);
  });

  it('do not take the error of a chat for theirs', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    const page = rig.session.history();
    const chat = rig.session.chat('Olá', { requestId: 'q' });
    socket.event('error', { code: 'CHAT_FAILED', message: '', request_id: 'q' });
    expect(chat.status).toBe('failed');
    socket.event('history', { events: [], more: false });
    expect((await page).more).toBe(false);
  });
});
