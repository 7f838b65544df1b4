// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useChat, useInvestigation } from '../../../client/react/index.ts';
import { accepted, chunk, complete, type FakeSocket } from './fake-network.ts';
import { Rig } from './rig.ts';

let rig: Rig;
let socket: FakeSocket;
beforeEach(async () => {
  vi.useFakeTimers();
  rig = new Rig();
  socket = await rig.online();
});
afterEach(() => {
  cleanup();
  rig.session.close();
  vi.useRealTimers();
});

/** Lets the server act, and React with it. */
async function server(does: () => void): Promise<void> {
  await act(async () => {
    does();
    await rig.settle();
  });
}

const past = (type: string, data: unknown): Record<string, unknown> => ({
  type,
  data,
  id: `past-${type}`,
  timestamp: new Date().toISOString(),
});

describe('useChat', () => {
  it('shows an answer as it comes', async () => {
    const { result } = renderHook(() => useChat(rig.session, { history: false }));
    expect(result.current).toMatchObject({
      exchanges: [],
      isAnswering: false,
      status: { state: 'connected' },
    });
    await server(() => {
      result.current.send('Olá', { requestId: 'q' });
    });
    expect(result.current).toMatchObject({
      exchanges: [{ requestId: 'q', question: 'Olá', answer: '', status: 'pending' }],
      isAnswering: true,
    });
    await server(() => {
      socket.durable('chat_accepted', accepted('q'), 'c1');
      socket.durable('chat', chunk('q', 0, 'Bom '), 'c2');
    });
    expect(result.current.exchanges).toMatchObject([
      { answer: 'Bom ', status: 'running', agentId: 'drummond' },
    ]);
    await server(() => {
      socket.durable('chat_complete', complete('q', 'Bom dia'), 'c3');
    });
    expect(result.current).toMatchObject({
      exchanges: [{ answer: 'Bom dia', status: 'completed' }],
      isAnswering: false,
    });
  });

  it('begins with the history, and loads more of it', async () => {
    const { result } = renderHook(() => useChat(rig.session));
    await server(() => {
      socket.event('history', {
        events: [
          past('chat_accepted', accepted('b', 'dois')),
          past('error', { code: 'CHAT_FAILED', message: '', request_id: 'b' }),
          past('notification', { a: 1 }),
        ],
        before: 'b1',
        more: true,
      });
    });
    expect(result.current).toMatchObject({
      exchanges: [{ requestId: 'b', question: 'dois', status: 'failed' }],
      hasMore: true,
    });
    await server(() => {
      void result.current.loadMore();
    });
    expect(socket.sentOf('history')[1]?.data).toEqual({ before: 'b1' });
    await server(() => {
      socket.event('history', {
        events: [past('chat_accepted', accepted('a', 'um')), past('chat_complete', complete('a', 'Um.'))],
        more: false,
      });
    });
    expect(result.current).toMatchObject({
      exchanges: [{ requestId: 'a', question: 'um', answer: 'Um.', status: 'completed' }, { requestId: 'b' }],
      hasMore: false,
    });
  });

  it('puts what the history left open together with its live end', async () => {
    const { result } = renderHook(() => useChat(rig.session));
    await server(() => {
      socket.event('history', { events: [past('chat_accepted', accepted('a', 'um'))], more: false });
    });
    expect(result.current.exchanges).toMatchObject([{ requestId: 'a', status: 'running' }]);
    await server(() => {
      socket.durable('chat_complete', complete('a', 'Um.'), 'c1');
    });
    expect(result.current.exchanges).toMatchObject([{ question: 'um', answer: 'Um.', status: 'completed' }]);
  });

  it('shows the chats of other tabs, and stops every answer', async () => {
    const { result } = renderHook(() => useChat(rig.session, { history: false }));
    await server(() => {
      socket.durable('chat_accepted', accepted('theirs', 'E aí?'), 'c1');
      socket.durable('chat', chunk('theirs', 0, 'Oi'), 'c2');
    });
    expect(result.current.exchanges).toMatchObject([{ question: 'E aí?', answer: 'Oi' }]);
    await server(() => {
      result.current.stop();
    });
    expect(socket.sentOf('cancel')).toHaveLength(1);
  });

  it('follows the connection', async () => {
    const { result } = renderHook(() => useChat(rig.session, { history: false }));
    await server(() => {
      socket.end();
    });
    expect(result.current.status.state).toBe('waiting');
  });

  it('works twice mounted, and lets go when unmounted', async () => {
    const { result, unmount } = renderHook(() => useChat(rig.session), { wrapper: StrictMode });
    expect(socket.sentOf('history')).toHaveLength(1);
    await server(() => {
      socket.event('history', { events: [], more: false });
      socket.durable('chat', chunk('q', 0, 'a'), 'c1');
    });
    expect(result.current.exchanges).toHaveLength(1);
    const [chat] = rig.session.chats;
    unmount();
    const { exchanges } = result.current;
    await server(() => {
      socket.durable('chat', chunk('q', 1, 'b'), 'c2');
    });
    expect(chat?.text).toBe('ab');
    expect(result.current.exchanges).toBe(exchanges);
  });
});

describe('useInvestigation', () => {
  const subscribed = (cursor: string, recovered?: boolean): void => {
    const data = { investigation_id: 'INV', message: '', cursor };
    socket.event('subscribed', { ...data, ...(recovered === undefined ? {} : { recovered }) });
  };
  const progress = (value: number): void => {
    socket.raw({
      type: 'investigation_progress',
      data: { investigation_id: 'INV', update_type: 'progress', value },
      channel: 'investigation.INV',
      cursor: `i${value}`,
    } as never);
  };

  it('keeps the events, the newest of each kind, and where they end', async () => {
    const { result } = renderHook(() => useInvestigation(rig.session, 'INV', { limit: 3 }));
    expect(result.current).toMatchObject({ events: [], isLive: false, cursor: undefined });
    await server(() => {
      subscribed('i0');
      for (let value = 1; value <= 5; value += 1) progress(value);
    });
    const { events, latest, isLive, cursor } = result.current;
    expect(events.map((item) => item.type !== 'gap' && 'value' in item.data && item.data['value'])).toEqual([
      3, 4, 5,
    ]);
    expect(latest.get('progress')).toBe(events[2]);
    expect([isLive, cursor]).toEqual([true, 'i5']);
  });

  it('shows gaps, and when it is not live', async () => {
    const { result } = renderHook(() => useInvestigation(rig.session, 'INV', { since: 'old' }));
    expect(socket.sentOf('subscribe')[0]?.data).toMatchObject({ since: 'old' });
    await server(() => {
      subscribed('i0', false);
    });
    expect(result.current.events).toEqual([
      { type: 'gap', channel: 'investigation.INV', reason: 'unrecovered' },
    ]);
    await server(() => {
      socket.end();
    });
    expect(result.current.isLive).toBe(false);
  });

  it('goes on where it was when it is shown again', async () => {
    const { result } = renderHook(() => useInvestigation(rig.session, 'INV'), { wrapper: StrictMode });
    await server(() => {
      subscribed('i0');
    });
    await server(() => {
      subscribed('i0');
      progress(1);
    });
    expect(result.current.events).toHaveLength(1);
  });

  it('says why there is nothing', async () => {
    const { result } = renderHook(() => useInvestigation(rig.session, 'INV'));
    await server(() => {
      socket.event('error', { code: 'FORBIDDEN', message: 'Acesso negado', retryable: false });
    });
    expect(result.current).toMatchObject({ isLive: false, error: { code: 'FORBIDDEN' } });
  });
});
