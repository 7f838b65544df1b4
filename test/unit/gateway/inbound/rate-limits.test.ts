import { expect, it } from 'vitest';
import { RateLimits } from '../../../../gateway/inbound/rate-limits.ts';

it('limits each by itself, and forgets who has not asked for long', () => {
  let now = 0;
  const limits = new RateLimits(2, () => now);
  const taken = (key: string): number => {
    for (let count = 0; count < 100; count += 1) {
      try {
        limits.take(key);
      } catch {
        return count;
      }
    }
    return 100;
  };
  expect(taken('a')).toBe(4);
  expect(taken('b')).toBe(4);
  now += 1_000;
  expect(taken('a')).toBe(2);
  now += 9_500;
  limits.take('c');
  expect(taken('a')).toBe(4);
  expect(limits.size).toBe(3);
  now += 10_500;
  limits.take('c');
  now += 10_500;
  limits.take('c');
  expect(limits.size).toBe(1);
  now += 60_000;
  limits.take('d');
  expect(limits.size).toBe(1);
});
