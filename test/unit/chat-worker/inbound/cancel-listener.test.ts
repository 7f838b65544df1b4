import { expect, test, vi } from 'vitest';
import { CancelListener } from '../../../../chat-worker/inbound/cancel-listener.ts';
import { SessionShards } from '../../../../shared/bus-protocol/session-shards.ts';
import type { Bus, LiveMessage } from '../../../../shared/bus/bus.ts';

function listening() {
  let tell: (message: LiveMessage) => void = () => undefined;
  const lastOf = vi.fn<Bus['lastOf']>(() => Promise.resolve(undefined));
  const bus = {
    subscribeLive: (_subject: string, onMessage: typeof tell) => {
      tell = onMessage;
      return () => undefined;
    },
    lastOf,
    shards: new SessionShards(1),
  };
  const data = new Uint8Array();
  const store = (subject: string): void =>
    tell({ subject, sequence: 1, previousSequence: 0, data, header: () => undefined });
  return { listener: new CancelListener(bus), store, lastOf };
}

test('a stored cancel reaches every run of that chat in that session, until it is over', () => {
  const { listener, store } = listening();
  const [asleep, awake, elsewhere] = [vi.fn(), vi.fn(), vi.fn()];
  const unlisten = listener.listen('s1', 'r', asleep);
  listener.listen('s1', 'r', awake);
  listener.listen('s2', 'r', elsewhere);
  store('session.s1.cancel.r');
  unlisten();
  store('session.s1.cancel.r');
  store('session.s1.cancel.other');
  store('session.s1.chat.r');
  expect(asleep).toHaveBeenCalledTimes(1);
  expect(awake).toHaveBeenCalledTimes(2);
  expect(elsewhere).not.toHaveBeenCalled();
});

test('whether a cancel is stored is asked of the stream, by its literal subject', async () => {
  const { listener, lastOf } = listening();
  expect(await listener.isRequested('s', 'r')).toBe(false);
  const stored = { subject: '', sequence: 1, data: new Uint8Array(), storedAtMs: 0, header: () => undefined };
  lastOf.mockResolvedValueOnce(stored);
  expect(await listener.isRequested('s', 'r')).toBe(true);
  expect(lastOf).toHaveBeenLastCalledWith('SESSIONS', 'session.s.cancel.r');
});
