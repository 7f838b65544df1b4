import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span as SdkSpan,
  type Tracer,
} from '@opentelemetry/api';
import { AppError } from '../errors/app-error.ts';
import { ATTRIBUTE } from './semantics.ts';
import { headersOf, spanContextOf, type TraceContext } from './trace-context.ts';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export interface SpanOptions {
  readonly kind?: keyof typeof KINDS;
  readonly attributes?: Attributes;
  /** Other work this one has to do with. */
  readonly links?: readonly TraceContext[];
}

/** The ids a log line carries, so that it is found from the trace and the other way round. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
  readonly trace_flags: string;
}

/**
 * Opens spans. Where nothing exports traces there is no object of this class at all, and every use of it is
 * `tracing?.`: nothing is made and nothing is paid.
 *
 * Contexts are handed on explicitly. What the SDK would keep for us costs every `await` of the process on
 * Node 20, where it is built on async hooks.
 */
export class Tracing {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** A span of its own trace, or one that continues what a message brought. */
  start(name: string, options: SpanOptions & { readonly parent?: TraceContext | undefined } = {}): Span {
    const parent = options.parent === undefined ? undefined : spanContextOf(options.parent);
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    return startSpan(this.#tracer, name, options, context);
  }
}

/** One piece of work in a trace. Everything but `end` and `fail` is for while it runs. */
export class Span {
  readonly #tracer: Tracer;
  readonly #span: SdkSpan;
  #ended = false;

  constructor(tracer: Tracer, span: SdkSpan) {
    this.#tracer = tracer;
    this.#span = span;
  }

  /** What a message has to carry so that its reader's spans hang below this one. */
  get headers(): Readonly<Record<string, string>> {
    return headersOf(this.#span.spanContext());
  }

  get ids(): TraceIds {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, '0') };
  }

  /** A part of this work. */
  start(name: string, options: SpanOptions = {}): Span {
    return startSpan(this.#tracer, name, options, trace.setSpan(ROOT_CONTEXT, this.#span));
  }

  event(name: string, attributes: Attributes = {}): void {
    this.#span.addEvent(name, attributes);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  link(context: TraceContext): void {
    const link = linkTo(context);
    if (link !== undefined) this.#span.addLink(link);
  }

  /** It did not work. Messages of errors may hold what people wrote: only their kind is told. */
  fail(error: unknown): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.setAttribute(ATTRIBUTE.errorType, errorTypeOf(error));
  }

  /** Only the first call counts. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
  }
}

/** Does the work in a span, if there is one: it ends with the work, and fails with it. */
export async function within<Result>(span: Span | undefined, work: () => Promise<Result>): Promise<Result> {
  if (span === undefined) return work();
  try {
    return await work();
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

function startSpan(tracer: Tracer, name: string, options: SpanOptions, context: Context): Span {
  const { kind = 'internal', attributes = {}, links = [] } = options;
  const known = links.map(linkTo).filter((link) => link !== undefined);
  return new Span(tracer, tracer.startSpan(name, { kind: KINDS[kind], attributes, links: known }, context));
}

function linkTo(context: TraceContext): Link | undefined {
  const linked = spanContextOf(context);
  return linked === undefined ? undefined : { context: linked };
}

function errorTypeOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error instanceof AppError) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}
