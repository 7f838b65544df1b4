import { COMMON_METRICS } from './metric-catalog.ts';
import type { Distribution, MetricRegistry } from './metrics.ts';
import type { Count } from './tally.ts';

/** What both services count of their life with the broker. */
export class ServiceMetrics {
  readonly handlersFailed: Count;
  readonly reconnects: Count;
  readonly publishRetries: Count;
  readonly roundTrip: Distribution;

  constructor(registry: MetricRegistry) {
    this.handlersFailed = registry.count(COMMON_METRICS.handlersFailed);
    this.reconnects = registry.count(COMMON_METRICS.reconnects);
    this.publishRetries = registry.count(COMMON_METRICS.publishRetries);
    this.roundTrip = registry.distribution(COMMON_METRICS.roundTrip);
  }
}

/** What is only known once the service is put together. */
export function observeService(
  registry: MetricRegistry,
  service: { readonly isReady: () => boolean; readonly isConnected: () => boolean },
): void {
  registry.observe(COMMON_METRICS.ready, () => (service.isReady() ? 1 : 0));
  registry.observe(COMMON_METRICS.brokerConnected, () => (service.isConnected() ? 1 : 0));
}
