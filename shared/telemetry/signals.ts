export type Signal = 'traces' | 'metrics' | 'logs';

type Environment = Readonly<Record<string, string | undefined>>;

const EXPORTER_SETTING: Readonly<Record<Signal, string>> = {
  traces: 'OTEL_TRACES_EXPORTER',
  metrics: 'OTEL_METRICS_EXPORTER',
  logs: 'OTEL_LOGS_EXPORTER',
};

/**
 * Where a signal goes, by OpenTelemetry's own settings. Unlike the SDK, which then takes a collector on
 * this machine for granted, nothing goes anywhere unless an exporter or an endpoint is set.
 */
export function exportersOf(signal: Signal, env: Environment): readonly string[] {
  if (textOf(env, 'OTEL_SDK_DISABLED').toLowerCase() === 'true') return [];
  const named = textOf(env, EXPORTER_SETTING[signal])
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (named.includes('none')) return [];
  // Prometheus has the admin port: the SDK would open a second one, by default the very same.
  if (named.length > 0) return [...new Set(named)].filter((name) => name !== 'prometheus');
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`];
  return endpoints.some((endpoint) => textOf(env, endpoint) !== '') ? ['otlp'] : [];
}

export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** How metrics are sent; the SDK reads the same settings for the other signals. */
export function metricsProtocol(env: Environment): OtlpProtocol {
  const wanted =
    textOf(env, 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL') || textOf(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  return wanted === 'grpc' || wanted === 'http/json' ? wanted : 'http/protobuf';
}

/** A duration in milliseconds; the fallback for anything that is none. */
export function durationMs(env: Environment, setting: string, fallbackMs: number): number {
  const value = Number(textOf(env, setting));
  return Number.isFinite(value) && value > 0 ? value : fallbackMs;
}

function textOf(env: Environment, setting: string): string {
  return env[setting]?.trim() ?? '';
}
