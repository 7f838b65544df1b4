import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RequestQueue } from '../../../../chat-worker/inbound/request-queue.ts';
import type { QueueItem } from '../../../../shared/bus/bus.ts';
import { UnavailableError } from '../../../../shared/bus/bus-errors.ts';

/** A queue that answers each pull when the test says so. */
class PulledBus {
  readonly pulls: { max: number; bring: (...items: QueueItem[]) => void; end: (error?: Error) => void }[] =
    [];
  readonly #waiting: (() => void)[] = [];

  takeQueueItems(max: number, _waitMs: number, onItem: (item: QueueItem) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const bring = (...items: QueueItem[]): void => items.forEach(onItem);
      this.pulls.push({ max, bring, end: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#waiting.shift()?.();
    });
  }

  async pull(index: number): Promise<PulledBus['pulls'][number]> {
    for (;;) {
      const pull = this.pulls[index];
      if (pull !== undefined) return pull;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function item(sequence: number, givenBack: number[] = []): QueueItem {
  return {
    subject: 'x',
    data: new Uint8Array(),
    sequence,
    deliveryCount: 1,
    behind: 0,
    storedAtMs: 0,
    header: () => undefined,
    done: () => Promise.resolve(),
    working: () => undefined,
    giveBack: () => void givenBack.push(sequence),
  };
}

function queueOn(bus: PulledBus, capacity: number) {
  const running = new Map<number, () => void>();
  const failures: unknown[] = [];
  const queue = new RequestQueue(bus, {
    capacity,
    run: ({ sequence }) => new Promise((resolve) => running.set(sequence, resolve)),
    onPullFailed: (error) => void failures.push(error),
  });
  return { queue, running, failures };
}

describe('the request queue', () => {
  test('asks for as much as there is room for, and for nothing without room', async () => {
    const bus = new PulledBus();
    const { queue, running } = queueOn(bus, 2);
    const first = await bus.pull(0);
    expect(first.max).toBe(2);
    first.bring(item(1));
    first.end();
    const second = await bus.pull(1);
    expect(second.max).toBe(1);
    second.bring(item(2));
    second.end();
    await nextTurn();
    expect(bus.pulls).toHaveLength(2);
    running.get(1)?.();
    const third = await bus.pull(2);
    expect(third.max).toBe(1);
    third.end();
    running.get(2)?.();
    const stopped = queue.stop();
    (await bus.pull(bus.pulls.length - 1)).end();
    await stopped;
  });

  test('tries again after a pull that failed', async () => {
    const bus = new PulledBus();
    const { queue, failures } = queueOn(bus, 1);
    const error = new UnavailableError('queue');
    (await bus.pull(0)).end(error);
    const second = await bus.pull(1);
    expect(failures).toEqual([error]);
    const stopped = queue.stop();
    second.end();
    await stopped;
    expect(bus.pulls).toHaveLength(2);
  });

  test('gives back what comes after it was stopped, once the pull has ended', async () => {
    const bus = new PulledBus();
    const givenBack: number[] = [];
    const { queue, running } = queueOn(bus, 5);
    const pull = await bus.pull(0);
    pull.bring(item(1));
    const stopped = queue.stop();
    pull.bring(item(2, givenBack), item(3, givenBack));
    expect(givenBack).toEqual([]);
    pull.end();
    await stopped;
    expect(givenBack).toEqual([2, 3]);
    expect([...running.keys()]).toEqual([1]);
  });

  test('stops also while it has no room', async () => {
    const bus = new PulledBus();
    const { queue, running } = queueOn(bus, 1);
    const pull = await bus.pull(0);
    pull.bring(item(1));
    pull.end();
    await nextTurn();
    await queue.stop();
    let idle = false;
    const finished = queue.idle().then(() => (idle = true));
    await nextTurn();
    expect(idle).toBe(false);
    running.get(1)?.();
    await finished;
  });
});
