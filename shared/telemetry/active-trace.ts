import { trace } from '@opentelemetry/api';
import { headersOf } from './trace-context.ts';

/** The headers of the span that the calling code runs in; none where it runs in none. */
export function activeTraceHeaders(): Readonly<Record<string, string>> {
  const span = trace.getActiveSpan();
  return span === undefined ? {} : headersOf(span.spanContext());
}
