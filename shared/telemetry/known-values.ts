import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/**
 * Stands for a value that is not known now. The SDK tells the last one again and again when a gauge says
 * nothing at all, so it is told this, which is left out on the way.
 */
export const UNKNOWN = Number.NaN;

export function withoutUnknown(all: ResourceMetrics): ResourceMetrics {
  return {
    ...all,
    scopeMetrics: all.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map(known).filter(({ dataPoints }) => dataPoints.length > 0),
    })),
  };
}

function known(metric: MetricData): MetricData {
  if (metric.dataPointType !== DataPointType.GAUGE) return metric;
  return { ...metric, dataPoints: metric.dataPoints.filter(({ value }) => !Number.isNaN(value)) };
}
