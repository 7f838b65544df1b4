import { describe, expect, test } from 'vitest';
import { RateGate } from '../../../../../chat-worker/agents/model/rate-gate.ts';
import { requestedWaitMs } from '../../../../../chat-worker/agents/model/requested-wait.ts';

const now = Date.UTC(2026, 0, 31, 12);

describe('how long a server wants to be left alone', () => {
  test.each<readonly [Record<string, string>, number | undefined]>([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '250', 'retry-after': '3' }, 250],
    [{ 'retry-after': new Date(now + 7_000).toUTCString() }, 7_000],
    [{ 'retry-after': new Date(now - 7_000).toUTCString() }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    // V8 reads it as a date long ago.
    [{ 'retry-after': '-3' }, 0],
    [{}, undefined],
  ])('%j', (headers, waitMs) => {
    expect(requestedWaitMs(new Headers(headers), now)).toBe(waitMs);
  });
});

describe('the gate of a rate limit', () => {
  test('is open at first, closed for as long as was said, and never shorter for a later word', async () => {
    let clock = 0;
    const gate = new RateGate(() => clock);
    const { signal } = new AbortController();
    await gate.passed(signal);
    gate.close(2_000);
    gate.close(100);
    expect(gate.remainingMs).toBe(2_000);
    clock = 1_999;
    expect(gate.remainingMs).toBe(1);
    clock = 2_000;
    await gate.passed(signal);
  });

  test('lets nobody wait for more than a minute', async () => {
    const gate = new RateGate();
    gate.close(61_000);
    await expect(gate.passed(new AbortController().signal)).rejects.toMatchObject({
      code: 'MODEL_RATE_LIMITED',
      mayRetry: false,
      retryable: true,
    });
  });

  test('is left at once by who is stopped', async () => {
    const gate = new RateGate();
    gate.close(30_000);
    const stopping = new AbortController();
    const passed = gate.passed(stopping.signal);
    stopping.abort(new Error('cancelled'));
    await expect(passed).rejects.toThrow('cancelled');
  });
});
