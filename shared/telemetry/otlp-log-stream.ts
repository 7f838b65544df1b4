import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { logs, SeverityNumber, type AnyValueMap, type Logger } from '@opentelemetry/api-logs';
import { z } from 'zod';
import { spanContextOf } from './trace-context.ts';

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** What the record says in fields of its own, or its resource says for it. */
const NOT_ATTRIBUTES = new Set([
  ...['level', 'time', 'msg', 'service', 'pid'],
  ...['trace_id', 'span_id', 'trace_flags'],
]);

const anyValue: z.ZodType<AnyValueMap[string]> = z.json();
const logLine = z
  .object({
    level: z.string(),
    time: z.coerce.date(),
    msg: z.string().default(''),
    trace_id: z.string().optional(),
    span_id: z.string().optional(),
    trace_flags: z.string().optional(),
  })
  .catchall(anyValue);

/**
 * Where log lines go beside standard output when logs are exported: the finished line, redacted like any
 * other, becomes a record.
 */
export class OtlpLogStream {
  readonly #logger: Logger;

  constructor(service: string) {
    this.#logger = logs.getLogger(service);
  }

  write(text: string): void {
    const line = logLine.parse(JSON.parse(text));
    this.#logger.emit({
      timestamp: line.time,
      severityText: line.level,
      severityNumber: SEVERITIES[line.level] ?? SeverityNumber.UNSPECIFIED,
      body: line.msg,
      attributes: Object.fromEntries(
        Object.entries(line).filter(([name]) => !NOT_ATTRIBUTES.has(name)),
      ) as AnyValueMap,
      context: contextOf(line.trace_id, line.span_id, line.trace_flags),
    });
  }
}

function contextOf(traceId: string | undefined, spanId: string | undefined, flags = '00'): Context {
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const context = spanContextOf({ traceparent: `00-${traceId}-${spanId}-${flags}` });
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}
