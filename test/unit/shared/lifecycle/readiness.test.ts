import { expect, test } from 'vitest';
import { Readiness } from '../../../../shared/lifecycle/readiness.ts';

test('a service is ready while everything holds, and says what is in the way', () => {
  const state = { broker: true, streams: true };
  const told: (readonly string[])[] = [];
  const readiness = new Readiness({ broker: () => state.broker, streams: () => state.streams }, (unmet) =>
    told.push(unmet),
  );
  expect(readiness.isReady).toBe(true);
  expect(told).toEqual([]);
  state.broker = false;
  expect(readiness.isReady).toBe(false);
  state.streams = false;
  expect([readiness.isReady, readiness.isReady]).toEqual([false, false]);
  Object.assign(state, { broker: true, streams: true });
  expect(readiness.isReady).toBe(true);
  expect(told).toEqual([['broker'], ['broker', 'streams'], []]);
});
