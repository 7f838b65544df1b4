import { SpanStatusCode } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { Tracing } from '../../shared/telemetry/tracing.ts';

export interface RecordedSpan {
  readonly name: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
}

/** Spans of this process, kept instead of sent. */
export class RecordedSpans {
  readonly tracing: Tracing;
  readonly #exporter = new tracing.InMemorySpanExporter();

  constructor() {
    const spanProcessors = [new tracing.SimpleSpanProcessor(this.#exporter)];
    this.tracing = new Tracing(new tracing.BasicTracerProvider({ spanProcessors }).getTracer('test'));
  }

  /** Those that have ended, in that order. */
  get ended(): readonly RecordedSpan[] {
    return this.#exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      spanId: span.spanContext().spanId,
      traceId: span.spanContext().traceId,
      parentSpanId: span.parentSpanContext?.spanId,
      attributes: span.attributes,
      events: span.events.map(({ name }) => name),
      links: span.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId })),
      isError: span.status.code === SpanStatusCode.ERROR,
    }));
  }

  named(beginning: string): RecordedSpan {
    const span = this.ended.find(({ name }) => name.startsWith(beginning));
    if (span === undefined) throw new Error(`no span "${beginning}"`);
    return span;
  }
}
