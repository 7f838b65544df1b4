import { WORKER_METRICS } from '../shared/telemetry/metric-catalog.ts';
import type { Distribution, LabelledDistribution, MetricRegistry } from '../shared/telemetry/metrics.ts';
import { ServiceMetrics } from '../shared/telemetry/service-metrics.ts';
import type { Count, Tally } from '../shared/telemetry/tally.ts';

type Values<Name extends keyof typeof WORKER_METRICS> = (typeof WORKER_METRICS)[Name] extends {
  readonly label: { readonly values: readonly (infer Value extends string)[] };
}
  ? Value
  : never;

/** What a worker counts. */
export class WorkerMetrics extends ServiceMetrics {
  readonly queueWait: Distribution;
  readonly claims: Tally<Values<'claims'>>;
  readonly takeoverPause: Distribution;
  readonly chunks: Count;
  readonly agentFirstChunk: Distribution;
  readonly chunkInterval: Distribution;
  readonly chatsEnded: Tally<Values<'chatsEnded'>>;
  readonly chatFailures: Tally<Values<'chatFailures'>>;
  readonly restarts: Count;
  readonly fenced: Count;
  readonly handedOver: Tally<Values<'handedOver'>>;
  readonly givenUp: Count;
  readonly runFailures: Count;
  readonly itemsDropped: Tally<Values<'itemsDropped'>>;
  readonly acksLost: Count;
  readonly pullFailures: Count;
  readonly modelDuration: LabelledDistribution<Values<'modelDuration'>>;
  readonly modelFirstChunk: Distribution;
  readonly modelTokens: LabelledDistribution<Values<'modelTokens'>>;
  readonly modelRetries: Count;
  readonly toolCalls: Count;

  constructor(registry: MetricRegistry) {
    super(registry);
    this.queueWait = registry.distribution(WORKER_METRICS.queueWait);
    this.claims = registry.tally(WORKER_METRICS.claims);
    this.takeoverPause = registry.distribution(WORKER_METRICS.takeoverPause);
    this.chunks = registry.count(WORKER_METRICS.chunks);
    this.agentFirstChunk = registry.distribution(WORKER_METRICS.agentFirstChunk);
    this.chunkInterval = registry.distribution(WORKER_METRICS.chunkInterval);
    this.chatsEnded = registry.tally(WORKER_METRICS.chatsEnded);
    this.chatFailures = registry.tally(WORKER_METRICS.chatFailures);
    this.restarts = registry.count(WORKER_METRICS.restarts);
    this.fenced = registry.count(WORKER_METRICS.fenced);
    this.handedOver = registry.tally(WORKER_METRICS.handedOver);
    this.givenUp = registry.count(WORKER_METRICS.givenUp);
    this.runFailures = registry.count(WORKER_METRICS.runFailures);
    this.itemsDropped = registry.tally(WORKER_METRICS.itemsDropped);
    this.acksLost = registry.count(WORKER_METRICS.acksLost);
    this.pullFailures = registry.count(WORKER_METRICS.pullFailures);
    this.modelDuration = registry.distributionBy(WORKER_METRICS.modelDuration);
    this.modelFirstChunk = registry.distribution(WORKER_METRICS.modelFirstChunk);
    this.modelTokens = registry.distributionBy(WORKER_METRICS.modelTokens);
    this.modelRetries = registry.count(WORKER_METRICS.modelRetries);
    this.toolCalls = registry.count(WORKER_METRICS.toolCalls);
  }
}
