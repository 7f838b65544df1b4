import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { QueueWatch, type QueueWatchBus } from '../../../../chat-worker/inbound/queue-watch.ts';
import type { QueueState, ToldMessage } from '../../../../shared/bus/bus.ts';
import { MetricRegistry } from '../../../../shared/telemetry/metrics.ts';
import { Scraped } from '../../../support/prometheus.ts';

const INTERVAL_MS = 1_000;

/** Several workers on one broker that counts how often it is asked. */
class Workers {
  asked = 0;
  state: QueueState = { waiting: 3, taken: 2, oldestWaitMs: 1_500 };
  isAway = false;
  readonly #ears = new Set<(message: ToldMessage) => void>();
  readonly #watches: { watch: QueueWatch; registry: MetricRegistry }[] = [];

  add(): void {
    const bus: QueueWatchBus = {
      queueState: () => {
        this.asked += 1;
        return this.isAway ? Promise.reject(new Error('away')) : Promise.resolve(this.state);
      },
      tell: (subject, data) => {
        for (const ear of this.#ears) ear({ subject, data: Buffer.from(data) });
      },
      hear: (_subject, ear) => {
        this.#ears.add(ear);
        return () => this.#ears.delete(ear);
      },
    };
    const registry = new MetricRegistry('chat-worker');
    this.#watches.push({ watch: new QueueWatch(bus, registry, INTERVAL_MS), registry });
  }

  say(data: string): void {
    for (const ear of this.#ears) ear({ subject: 'internal.queue', data: Buffer.from(data) });
  }

  async value(index: number, name: string): Promise<number | undefined> {
    const page = await this.#watches[index]?.registry.scrape();
    return new Scraped(page?.body ?? '').value(name);
  }

  dispose(): void {
    for (const { watch } of this.#watches) watch[Symbol.dispose]();
  }
}

describe('what workers know of the queue', () => {
  let workers: Workers;
  beforeEach(() => {
    vi.useFakeTimers();
    workers = new Workers();
  });
  afterEach(() => {
    workers.dispose();
    vi.useRealTimers();
  });

  test('one of many asks, and all know', async () => {
    for (let count = 0; count < 5; count += 1) workers.add();
    await vi.advanceTimersByTimeAsync(0);
    const atStart = workers.asked;
    expect(atStart).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(workers.asked - atStart).toBeGreaterThanOrEqual(8);
    expect(workers.asked - atStart).toBeLessThanOrEqual(10);
    for (let index = 0; index < 5; index += 1) {
      expect(await workers.value(index, 'rt_queue_waiting')).toBe(3);
      expect(await workers.value(index, 'rt_queue_running')).toBe(2);
      expect(await workers.value(index, 'rt_queue_oldest_wait_seconds')).toBe(1.5);
    }
  });

  test('what can not be asked for is not told', async () => {
    workers.add();
    await vi.advanceTimersByTimeAsync(0);
    expect(await workers.value(0, 'rt_queue_waiting')).toBe(3);
    workers.isAway = true;
    await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
    expect(await workers.value(0, 'rt_queue_waiting')).toBeUndefined();
  });

  test('what is no report changes nothing', async () => {
    workers.add();
    await vi.advanceTimersByTimeAsync(0);
    for (const text of ['', '{', '{"waiting":-1,"taken":0,"oldest_wait_ms":0}', '[]']) workers.say(text);
    expect(await workers.value(0, 'rt_queue_waiting')).toBe(3);
  });
});
