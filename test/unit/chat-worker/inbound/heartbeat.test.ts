import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Heartbeat } from '../../../../chat-worker/inbound/heartbeat.ts';

const ACK_WAIT_MS = 3_000;
const BEAT_MS = ACK_WAIT_MS / 3;

describe('the heartbeat of a running chat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function beating(cancelRequested: () => Promise<boolean>, written = () => 0) {
    const calls = { tellQueue: vi.fn(), onCancelled: vi.fn(), onSilence: vi.fn() };
    return {
      ...calls,
      heartbeat: new Heartbeat({ ackWaitMs: ACK_WAIT_MS, cancelRequested, written, ...calls }),
    };
  }

  test('tells the queue three times in an ack wait, until it is disposed', async () => {
    const { heartbeat, tellQueue, onSilence } = beating(() => Promise.resolve(false));
    await vi.advanceTimersByTimeAsync(4 * ACK_WAIT_MS);
    expect(tellQueue).toHaveBeenCalledTimes(12);
    heartbeat[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(ACK_WAIT_MS);
    expect(tellQueue).toHaveBeenCalledTimes(12);
    expect(onSilence).not.toHaveBeenCalled();
  });

  test('finds a cancel that the live path lost', async () => {
    let cancelled = false;
    const { onCancelled, heartbeat } = beating(() => Promise.resolve(cancelled));
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(onCancelled).not.toHaveBeenCalled();
    cancelled = true;
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(onCancelled).toHaveBeenCalledTimes(1);
    heartbeat[Symbol.dispose]();
  });

  test('asks one question at a time', async () => {
    const ask = vi.fn(() => new Promise<boolean>(() => undefined));
    const { heartbeat } = beating(ask);
    await vi.advanceTimersByTimeAsync(5 * BEAT_MS);
    expect(ask).toHaveBeenCalledTimes(1);
    heartbeat[Symbol.dispose]();
  });

  test('notices a broker that says nothing for an ack wait', async () => {
    let away = false;
    const ask = () => (away ? Promise.reject(new Error('timeout')) : Promise.resolve(false));
    const { heartbeat, onSilence } = beating(ask);
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    away = true;
    await vi.advanceTimersByTimeAsync(ACK_WAIT_MS);
    expect(onSilence).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(onSilence).toHaveBeenCalled();
    heartbeat[Symbol.dispose]();
  });

  test('takes a confirmed write for an answer', async () => {
    let written = 0;
    const ask = () => Promise.reject(new Error('timeout'));
    const { heartbeat, onSilence } = beating(ask, () => (written += 1));
    await vi.advanceTimersByTimeAsync(5 * ACK_WAIT_MS);
    expect(onSilence).not.toHaveBeenCalled();
    heartbeat[Symbol.dispose]();
  });
});
