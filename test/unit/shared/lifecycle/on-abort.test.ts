import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { publishStored } from '../../../../shared/bus/publish-stored.ts';
import { onAbort, pause } from '../../../../shared/lifecycle/on-abort.ts';

/** More than Node lets pile up without a word. */
const MANY = 30;

const many = <Result>(make: () => Result): Result[] => Array.from({ length: MANY }, make);
const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('what waits on one signal', () => {
  it('is one listener, and everything is told', () => {
    const stopping = new AbortController();
    let told = 0;
    const callback = (): void => {
      told += 1;
    };
    const stops = many(() => onAbort(stopping.signal, callback));
    expect(listenersOf(stopping.signal)).toBe(1);
    stops[0]?.();
    stops[0]?.();
    stopping.abort();
    expect(told).toBe(MANY - 1);
    onAbort(stopping.signal, callback);
    expect(told).toBe(MANY);
  });

  it('pauses until then, and throws its reason', async () => {
    const stopping = new AbortController();
    const reason = new Error('enough');
    const pauses = many(() => pause(60_000, stopping.signal));
    expect(listenersOf(stopping.signal)).toBe(1);
    stopping.abort(reason);
    for (const settled of await Promise.allSettled(pauses)) {
      expect(settled).toEqual({ status: 'rejected', reason });
    }
    await expect(pause(60_000, stopping.signal)).rejects.toBe(reason);
  });

  it('pauses no longer than asked', async () => {
    await pause(1);
    await pause(1, new AbortController().signal);
  });

  it('is what is on its way to a broker that does not answer', async () => {
    const stopping = new AbortController();
    const reason = new Error('erased');
    let tries = 0;
    const publishing = many(() =>
      publishStored(
        'session.s.chat.r',
        '{}',
        { messageId: 'm', deadlineMs: 60_000, signal: stopping.signal },
        {
          store: () => {
            tries += 1;
            return Promise.reject(new Error('no answer'));
          },
          lastOf: () => Promise.resolve(undefined),
          untilConnected: () => undefined,
        },
      ),
    );
    while (tries < MANY) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(listenersOf(stopping.signal)).toBe(1);
    stopping.abort(reason);
    for (const settled of await Promise.allSettled(publishing)) {
      expect(settled).toEqual({ status: 'rejected', reason });
    }
  });
});
