import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoopWatch } from '../../../../shared/telemetry/event-loop-watch.ts';

describe('the watch on the event loop', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A clock that the loop may fall behind. */
  const watched = (): { watch: EventLoopWatch; run: (ms: number) => void; block: (ms: number) => void } => {
    let now = 0;
    return {
      watch: new EventLoopWatch(() => now),
      run: (ms) => {
        for (let passed = 0; passed < ms; passed += 50) {
          now += 50;
          vi.advanceTimersByTime(50);
        }
      },
      block: (ms) => (now += ms),
    };
  };

  test('finds nothing while it moves, be it a little late', () => {
    const { watch, run, block } = watched();
    run(3_000);
    block(1_500);
    expect(watch.isStuck).toBe(false);
    run(1_000);
    expect(watch.isStuck).toBe(false);
    watch[Symbol.dispose]();
  });

  test('knows for a while that it stood still, also when it is asked first', () => {
    const { watch, run, block } = watched();
    run(1_000);
    block(3_000);
    expect(watch.isStuck).toBe(true);
    run(4_000);
    expect(watch.isStuck).toBe(true);
    run(2_000);
    expect(watch.isStuck).toBe(false);
    watch[Symbol.dispose]();
  });

  test('also when its own timer came first', () => {
    const { watch, run, block } = watched();
    block(3_000);
    run(500);
    expect(watch.isStuck).toBe(true);
    watch[Symbol.dispose]();
  });
});
