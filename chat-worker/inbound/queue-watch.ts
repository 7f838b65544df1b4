import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { queueReport } from '../../shared/bus-protocol/queue-report.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus, QueueState, Unsubscribe } from '../../shared/bus/bus.ts';
import { WORKER_METRICS } from '../../shared/telemetry/metric-catalog.ts';
import type { MetricRegistry } from '../../shared/telemetry/metrics.ts';

export type QueueWatchBus = Pick<Bus, 'queueState' | 'tell' | 'hear'>;

const INTERVAL_MS = 10_000;
/** Spread, so that one worker asks before the others would. */
const SPREAD = 0.25;

/**
 * Knows how long the queue is. One worker asks the broker and tells the others, who then need not ask. What
 * could not be asked for is not known at all: an old number would look like a good one.
 */
export class QueueWatch implements Disposable {
  readonly #bus: QueueWatchBus;
  readonly #intervalMs: number;
  readonly #unsubscribe: Unsubscribe;
  #timer: NodeJS.Timeout;
  #state: QueueState | undefined;

  constructor(bus: QueueWatchBus, registry: MetricRegistry, intervalMs = INTERVAL_MS) {
    this.#bus = bus;
    this.#intervalMs = intervalMs;
    registry.observe(WORKER_METRICS.queueWaiting, () => this.#state?.waiting);
    registry.observe(WORKER_METRICS.queueRunning, () => this.#state?.taken);
    registry.observe(WORKER_METRICS.queueOldestWait, () => {
      const { oldestWaitMs } = this.#state ?? {};
      return oldestWaitMs === undefined ? undefined : oldestWaitMs / 1_000;
    });
    this.#unsubscribe = bus.hear(subjects.queue, ({ data }) => {
      const report = queueReport.safeParse(parsePayload(data)).data;
      if (report === undefined) return;
      this.#state = { ...report, oldestWaitMs: report.oldest_wait_ms };
      this.#wait();
    });
    // At once for the first time: whoever looks sees a number.
    this.#timer = setTimeout(() => void this.#ask(), 0);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const untilMs = this.#intervalMs * (1 + SPREAD * Math.random());
    this.#timer = setTimeout(() => void this.#ask(), untilMs).unref();
  }

  async #ask(): Promise<void> {
    this.#wait();
    try {
      this.#state = await this.#bus.queueState();
      const { waiting, taken, oldestWaitMs } = this.#state;
      this.#bus.tell(subjects.queue, JSON.stringify({ waiting, taken, oldest_wait_ms: oldestWaitMs }));
    } catch {
      this.#state = undefined; // The broker is away; the next time asks again.
    }
  }
}
