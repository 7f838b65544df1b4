import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';
import { COMMON_METRICS } from './metric-catalog.ts';
import type { MetricRegistry } from './metrics.ts';

const RESOLUTION_MS = 20;
/** The window the gauges tell of: longer than most scrapes are apart, so that no peak is missed. */
const WINDOW_MS = 10_000;

const SECONDS_PER_NANOSECOND = 1e-9;
const SECONDS_PER_MICROSECOND = 1e-6;

interface LoopWindow {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly utilization: number;
}

/** The process itself: its event loop, memory and CPU time. */
export function observeProcess(registry: MetricRegistry): Disposable {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let since: EventLoopUtilization = performance.eventLoopUtilization();
  const read = (): LoopWindow => ({
    mean: lateness(delay.mean),
    p50: lateness(delay.percentile(50)),
    p99: lateness(delay.percentile(99)),
    max: lateness(delay.max),
    utilization: performance.eventLoopUtilization(since).utilization,
  });
  // Until the first window is over, what there is of it.
  let last: LoopWindow | undefined;
  const timer = setInterval(() => {
    last = read();
    delay.reset();
    since = performance.eventLoopUtilization();
  }, WINDOW_MS).unref();

  registry.observe(COMMON_METRICS.loopDelayMean, () => (last ?? read()).mean);
  registry.observe(COMMON_METRICS.loopDelayP50, () => (last ?? read()).p50);
  registry.observe(COMMON_METRICS.loopDelayP99, () => (last ?? read()).p99);
  registry.observe(COMMON_METRICS.loopDelayMax, () => (last ?? read()).max);
  registry.observe(COMMON_METRICS.loopUtilization, () => (last ?? read()).utilization);
  registry.observeEach(COMMON_METRICS.cpuTime, () => {
    const { user, system } = process.cpuUsage();
    return { user: user * SECONDS_PER_MICROSECOND, system: system * SECONDS_PER_MICROSECOND };
  });
  registry.observe(COMMON_METRICS.memory, () => process.memoryUsage.rss());
  registry.observe(COMMON_METRICS.heapUsed, () => process.memoryUsage().heapUsed);
  registry.observe(COMMON_METRICS.uptime, () => process.uptime());
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      delay.disable();
    },
  };
}

/** Seconds beyond the sampling interval, which the histogram's values include. */
function lateness(nanoseconds: number): number {
  if (!Number.isFinite(nanoseconds)) return 0; // Nothing was sampled yet.
  return Math.max(0, nanoseconds * SECONDS_PER_NANOSECOND - RESOLUTION_MS / 1_000);
}
