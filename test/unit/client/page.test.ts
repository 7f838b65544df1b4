// @vitest-environment happy-dom
import type { Window } from 'happy-dom';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rig } from './rig.ts';

const { window } = globalThis as unknown as { readonly window: Window };
const { document, navigator } = window;

let isOnline = true;
let isVisible = true;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  isOnline = true;
  isVisible = true;
  vi.spyOn(navigator, 'onLine', 'get').mockImplementation(() => isOnline);
  const visibility = (): string => (isVisible ? 'visible' : 'hidden');
  vi.spyOn(document as { visibilityState: string }, 'visibilityState', 'get').mockImplementation(visibility);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function setOnline(value: boolean): void {
  isOnline = value;
  window.dispatchEvent(new window.Event(value ? 'online' : 'offline'));
}

function setVisible(value: boolean): void {
  isVisible = value;
  document.dispatchEvent(new window.Event('visibilitychange'));
}

describe('a page that is offline', () => {
  it('asks the socket at once whether it is alive', async () => {
    using rig = new Rig({ pingTimeoutMs: 3_000 });
    const socket = await rig.online();
    socket.answersPings = false;
    const pings = socket.sentOf('ping').length;
    setOnline(false);
    expect(socket.sentOf('ping')).toHaveLength(pings + 1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(rig.session.status).toMatchObject({ state: 'waiting', retryInMs: 20_000 });
  });

  it('tries rarely, and at once when it is back', async () => {
    using rig = new Rig({ backoff: { maxMs: 30_000 } });
    await rig.online();
    setOnline(false);
    rig.socket.end();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(rig.network.sockets).toHaveLength(1);
    setOnline(true);
    await rig.settle();
    expect(rig.network.sockets).toHaveLength(2);
  });

  it('still tries: what the browser says of the network may be wrong', async () => {
    using rig = new Rig();
    setOnline(false);
    await rig.settle();
    expect(rig.network.sockets).toHaveLength(1);
    rig.socket.end();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(rig.network.sockets).toHaveLength(2);
  });
});

describe('a page that is hidden', () => {
  it('keeps its connection, and is in no hurry to replace it', async () => {
    using rig = new Rig();
    await rig.online();
    setVisible(false);
    expect(rig.state).toBe('connected');
    rig.socket.end();
    expect(rig.session.status).toMatchObject({ retryInMs: 20_000 });
    setVisible(true);
    await rig.settle();
    expect(rig.network.sockets).toHaveLength(2);
  });

  it('asks the socket whether it is alive when it is shown again', async () => {
    using rig = new Rig();
    const socket = await rig.online();
    setVisible(false);
    const pings = socket.sentOf('ping').length;
    await vi.advanceTimersByTimeAsync(100);
    setVisible(true);
    expect(socket.sentOf('ping')).toHaveLength(pings + 1);
  });
});

it('close leaves no listener on the page', async () => {
  const added = vi.spyOn(window, 'addEventListener');
  const removed = vi.spyOn(window, 'removeEventListener');
  const rig = new Rig();
  await rig.online();
  rig.session.close();
  expect(removed.mock.calls.map(([type]) => type).sort()).toEqual(
    added.mock.calls.map(([type]) => type).sort(),
  );
  setVisible(true);
  setOnline(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(rig.network.sockets).toHaveLength(1);
});

it('takes an address that is relative to the page', async () => {
  window.location.href = 'https://page.example/app/';
  using rig = new Rig({ url: '/api/v1' });
  await rig.settle();
  expect(rig.socket.url.href).toBe('wss://page.example/api/v1/ws/chat/s');
});
