import { describe, expect, test } from 'vitest';
import { durationMs, exportersOf, metricsProtocol } from '../../../../shared/telemetry/signals.ts';

describe('where a signal goes', () => {
  test.each([
    [{}, []],
    [{ OTEL_TRACES_EXPORTER: '' }, []],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
    [{ OTEL_TRACES_EXPORTER: ' otlp , console,otlp' }, ['otlp', 'console']],
    [{ OTEL_TRACES_EXPORTER: 'none' }, []],
    [{ OTEL_TRACES_EXPORTER: 'otlp,none' }, []],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://collector:4318/v1/logs' }, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }, []],
    [{ OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'otlp' }, []],
    [{ OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, []],
  ])('%j sends traces to %j', (env, exporters) => {
    expect(exportersOf('traces', env)).toEqual(exporters);
  });

  test('Prometheus has the admin port already', () => {
    expect(exportersOf('metrics', { OTEL_METRICS_EXPORTER: 'prometheus' })).toEqual([]);
    expect(exportersOf('metrics', { OTEL_METRICS_EXPORTER: 'prometheus,otlp' })).toEqual(['otlp']);
  });
});

test.each([
  [{}, 'http/protobuf'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' }, 'http/json'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier pigeon' }, 'http/protobuf'],
])('%j sends metrics by %s', (env, protocol) => {
  expect(metricsProtocol(env)).toBe(protocol);
});

test.each([
  ['250', 250],
  ['', 60],
  ['-1', 60],
  ['soon', 60],
])('a duration of "%s" is %d ms', (text, ms) => {
  expect(durationMs({ OTEL_METRIC_EXPORT_INTERVAL: text }, 'OTEL_METRIC_EXPORT_INTERVAL', 60)).toBe(ms);
});
