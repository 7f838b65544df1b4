import { createTraceState, isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api';

/** W3C trace context as it travels: in the headers of NATS messages, and in a client's message. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const MAX_TRACESTATE_CHARACTERS = 512;

/** The context a message's headers carry; undefined when they carry none, or not a valid one. */
export function traceContextOf(header: (name: string) => string | undefined): TraceContext | undefined {
  const traceparent = header('traceparent');
  if (traceparent === undefined || parse(traceparent) === undefined) return undefined;
  const tracestate = header('tracestate');
  return tracestate === undefined || tracestate.length > MAX_TRACESTATE_CHARACTERS
    ? { traceparent }
    : { traceparent, tracestate };
}

/** The context a client sent; undefined for anything that is none. Its state is nobody's business here. */
export function traceContextFrom(traceparent: string | undefined): TraceContext | undefined {
  return traceparent === undefined || parse(traceparent) === undefined ? undefined : { traceparent };
}

export function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const context = parse(traceparent);
  if (context === undefined || tracestate === undefined) return context;
  return { ...context, traceState: createTraceState(tracestate) };
}

/** What a message has to carry so that its reader goes on with the trace. */
export function headersOf(context: SpanContext): Readonly<Record<string, string>> {
  const flags = (context.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01';
  const traceparent = `00-${context.traceId}-${context.spanId}-${flags}`;
  const tracestate = context.traceState?.serialize() ?? '';
  return tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

function parse(traceparent: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}
