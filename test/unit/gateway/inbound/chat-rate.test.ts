import { describe, expect, it } from 'vitest';
import { ChatRate } from '../../../../gateway/inbound/chat-rate.ts';
import { ProtocolError } from '../../../../shared/socket-protocol/protocol-error.ts';

function withClock(perMinute: number): { rate: ChatRate; moveTo: (ms: number) => void } {
  let nowMs = 1_000;
  return { rate: new ChatRate(perMinute, () => nowMs), moveTo: (ms) => (nowMs = ms) };
}

function refusal(rate: ChatRate, key: string): ProtocolError | undefined {
  try {
    rate.take(key, 'r');
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

describe('ChatRate', () => {
  it('lets so many through in any minute, however they are spread', () => {
    const { rate, moveTo } = withClock(3);
    for (const ms of [1_000, 30_000, 60_999]) {
      moveTo(ms);
      expect(refusal(rate, 'a')).toBeUndefined();
    }
    expect(rate.isSpent('a')).toBe(true);
    expect(refusal(rate, 'a')).toMatchObject({ code: 'RATE_LIMIT', requestId: 'r', retryAfterMs: 1 });
    moveTo(61_000);
    expect(refusal(rate, 'a')).toBeUndefined();
    expect(refusal(rate, 'a')).toMatchObject({ retryAfterMs: 29_000 });
  });

  it('counts each key for itself', () => {
    const { rate } = withClock(1);
    expect(refusal(rate, 'a')).toBeUndefined();
    expect(refusal(rate, 'b')).toBeUndefined();
    expect(refusal(rate, 'a')).toBeDefined();
  });

  it('takes one back once', () => {
    const { rate } = withClock(2);
    const giveBack = rate.take('a', 'r');
    rate.take('a', 'r');
    giveBack();
    expect(refusal(rate, 'a')).toBeUndefined();
    expect(refusal(rate, 'a')).toBeDefined();
  });

  it('forgets whoever has not asked for a minute', () => {
    const { rate, moveTo } = withClock(1);
    for (let n = 0; n < 1_000; n += 1) rate.take(`key ${n}`, 'r');
    expect(rate.size).toBe(1_000);
    moveTo(200_000);
    rate.take('last', 'r');
    expect(rate.size).toBe(1);
  });

  it('without a limit keeps nothing', () => {
    const { rate } = withClock(Infinity);
    for (let n = 0; n < 100; n += 1) rate.take('a', 'r');
    expect(rate.size).toBe(0);
    expect(rate.isSpent('a')).toBe(false);
  });
});
