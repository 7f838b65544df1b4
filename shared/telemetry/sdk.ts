import { ROOT_CONTEXT, trace, type ContextManager } from '@opentelemetry/api';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { setTimeout as delay } from 'node:timers/promises';
import { loadMetricReaders } from './metric-exporters.ts';
import type { ServiceName } from './metric-definition.ts';
import { MetricRegistry } from './metrics.ts';
import { resourceOf } from './resource.ts';
import { exportersOf, type Signal } from './signals.ts';
import { Tracing } from './tracing.ts';

/**
 * The longest a stopping service waits for a collector that does not answer: without a limit the SDK took
 * 8.2 s. Gateway and worker stop one after the other, and both have to within the 5 s beyond the drain.
 */
const FLUSH_DEADLINE_MS = 1_500;

interface Running {
  readonly signals: ReadonlySet<Signal>;
  readonly makeReaders: () => readonly IMetricReader[];
  /** What has to be sent before the process ends. */
  readonly shutdowns: (() => Promise<void>)[];
}

/** The process's one, as OpenTelemetry's own registration is; undefined when nothing is exported. */
let running: Running | undefined;

/** What a service measures itself with. */
export interface Telemetry {
  readonly metrics: MetricRegistry;
  /** Undefined while nothing exports traces: then nothing of them is paid either. */
  readonly tracing: Tracing | undefined;
}

/**
 * Starts what `OTEL_*` asks for; nothing is loaded for what it does not. To be called before the service
 * starts, once.
 */
export async function startSdk(service: string, env: Record<string, string | undefined>): Promise<void> {
  const all: readonly Signal[] = ['traces', 'metrics', 'logs'];
  const signals = new Set(all.filter((signal) => exportersOf(signal, env).length > 0));
  if (signals.size === 0 || running !== undefined) return;
  const shutdowns: (() => Promise<void>)[] = [];
  if (signals.has('traces') || signals.has('logs')) {
    // The SDK takes a collector for granted where nothing is set.
    for (const signal of ['traces', 'logs'] as const) {
      if (!signals.has(signal)) env[`OTEL_${signal.toUpperCase()}_EXPORTER`] = 'none';
    }
    const { NodeSDK } = await import('@opentelemetry/sdk-node');
    const sdk = new NodeSDK({
      resource: resourceOf(service),
      metricReaders: [],
      instrumentations: [],
      contextManager: explicitContexts,
      textMapPropagator: null,
    });
    sdk.start();
    shutdowns.push(() => sdk.shutdown());
  }
  running = { signals, makeReaders: await loadMetricReaders(env), shutdowns };
}

/** Metrics are always there, for `/metrics`; they are also sent where `OTEL_*` says. */
export function openTelemetry(service: ServiceName): Telemetry {
  const metrics = new MetricRegistry(service, running?.makeReaders());
  running?.shutdowns.push(() => metrics.shutdown());
  return {
    metrics,
    tracing: running?.signals.has('traces') === true ? new Tracing(trace.getTracer(service)) : undefined,
  };
}

/** Whether log lines are to be sent too. */
export function exportsLogs(): boolean {
  return running?.signals.has('logs') === true;
}

/** Sends what was not sent yet. It never fails and never takes long: nobody waits for a collector. */
export async function flushTelemetry(): Promise<void> {
  const shutdowns = running?.shutdowns.splice(0) ?? [];
  if (shutdowns.length === 0) return;
  const sent = Promise.allSettled(shutdowns.map((shutdown) => shutdown()));
  const enough = new AbortController();
  const tooLate = delay(FLUSH_DEADLINE_MS, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([sent, tooLate]);
  enough.abort();
}

/** Contexts are handed on explicitly, see `Tracing`. */
const explicitContexts: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, run, thisArg, ...args) => run.call(thisArg as never, ...args),
  bind: (_context, target) => target,
  enable: () => explicitContexts,
  disable: () => explicitContexts,
};
