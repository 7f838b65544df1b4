import { ConsoleMetricExporter, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { withoutUnknown } from './known-values.ts';
import { durationMs, exportersOf, metricsProtocol, type OtlpProtocol } from './signals.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;

/**
 * Makes the readers that send metrics somewhere, for each registry anew; none when nothing is configured.
 * What sends them is only loaded when it is.
 */
export async function loadMetricReaders(env: Environment): Promise<() => readonly IMetricReader[]> {
  const exporters = exportersOf('metrics', env);
  const makers: (() => PushMetricExporter)[] = [];
  if (exporters.includes('otlp')) makers.push(await loadOtlp(metricsProtocol(env)));
  if (exporters.includes('console')) makers.push(() => new ConsoleMetricExporter());
  const exportIntervalMillis = durationMs(env, 'OTEL_METRIC_EXPORT_INTERVAL', INTERVAL_MS);
  const timeoutMs = durationMs(env, 'OTEL_METRIC_EXPORT_TIMEOUT', TIMEOUT_MS);
  const exportTimeoutMillis = Math.min(timeoutMs, exportIntervalMillis);
  return () =>
    makers.map(
      (make) =>
        new PeriodicExportingMetricReader({
          exporter: sendingKnown(make()),
          exportIntervalMillis,
          exportTimeoutMillis,
        }),
    );
}

function sendingKnown(exporter: PushMetricExporter): PushMetricExporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) => {
    send(withoutUnknown(metrics), done);
  };
  return exporter;
}

/** The exporters read the rest of the settings themselves: endpoint, headers, compression, certificates. */
async function loadOtlp(protocol: OtlpProtocol): Promise<() => PushMetricExporter> {
  switch (protocol) {
    case 'grpc': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc');
      return () => new OTLPMetricExporter();
    }
    case 'http/json': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http');
      return () => new OTLPMetricExporter();
    }
    case 'http/protobuf': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
      return () => new OTLPMetricExporter();
    }
  }
}
