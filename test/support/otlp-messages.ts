import { z } from 'zod';
import { decodeProtobuf, type MessageSchema } from './protobuf.ts';

/** Field numbers from opentelemetry-proto 1.x, of what the tests look at, under the names OTLP/JSON uses. */
const anyValue: MessageSchema = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', () => arrayValue],
  6: ['kvlistValue', () => keyValueList],
};
const arrayValue: MessageSchema = { 1: ['values', () => anyValue, '[]'] };
const keyValue: MessageSchema = { 1: ['key', 'string'], 2: ['value', () => anyValue] };
const keyValueList: MessageSchema = { 1: ['values', () => keyValue, '[]'] };
const resource: MessageSchema = { 1: ['attributes', () => keyValue, '[]'] };
const event: MessageSchema = { 2: ['name', 'string'], 3: ['attributes', () => keyValue, '[]'] };
const link: MessageSchema = { 1: ['traceId', 'hex'], 2: ['spanId', 'hex'] };
const status: MessageSchema = { 3: ['code', 'int'] };
const span: MessageSchema = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'int'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', () => keyValue, '[]'],
  11: ['events', () => event, '[]'],
  13: ['links', () => link, '[]'],
  15: ['status', () => status],
};
const logRecord: MessageSchema = {
  3: ['severityText', 'string'],
  5: ['body', () => anyValue],
  6: ['attributes', () => keyValue, '[]'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
};
const metric: MessageSchema = { 1: ['name', 'string'], 3: ['unit', 'string'] };

const under = (list: string, scopes: string, items: string, item: MessageSchema): MessageSchema => {
  const scope: MessageSchema = { 2: [items, () => item, '[]'] };
  const ofResource: MessageSchema = { 1: ['resource', () => resource], 2: [scopes, () => scope, '[]'] };
  return { 1: [list, () => ofResource, '[]'] };
};

const PROTOBUF: Readonly<Record<OtlpSignal, MessageSchema>> = {
  traces: under('resourceSpans', 'scopeSpans', 'spans', span),
  metrics: under('resourceMetrics', 'scopeMetrics', 'metrics', metric),
  logs: under('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
};

export type OtlpSignal = 'traces' | 'metrics' | 'logs';

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));
const resourceJson = z.object({ attributes });

const spanJson = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  kind: z.int(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes,
  events: z.array(z.object({ name: z.string(), attributes })).default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.int().default(0) }).default({ code: 0 }),
});
const logJson = z.object({
  severityText: z.string().default(''),
  body: z.record(z.string(), z.unknown()).transform((value) => String(Object.values(value)[0])),
  attributes,
  traceId: z.string().default(''),
  spanId: z.string().default(''),
});
const metricJson = z.object({ name: z.string(), unit: z.string().default('') });

const traces = z.object({
  resourceSpans: z.array(
    z.object({ resource: resourceJson, scopeSpans: z.array(z.object({ spans: z.array(spanJson) })) }),
  ),
});
const metrics = z.object({
  resourceMetrics: z.array(
    z.object({ resource: resourceJson, scopeMetrics: z.array(z.object({ metrics: z.array(metricJson) })) }),
  ),
});
const logs = z.object({
  resourceLogs: z.array(
    z.object({ resource: resourceJson, scopeLogs: z.array(z.object({ logRecords: z.array(logJson) })) }),
  ),
});

interface OfService {
  /** Its `service.name`. */
  readonly service: string;
}
export type ReceivedSpan = z.infer<typeof spanJson> & OfService;
export type ReceivedLog = z.infer<typeof logJson> & OfService;
export type ReceivedMetric = z.infer<typeof metricJson> & OfService;

/** What one export request brought. */
export interface OtlpExport {
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: readonly ReceivedMetric[];
  readonly logs: readonly ReceivedLog[];
}

/** @throws when it is not what OTLP says it is */
export function readExport(signal: OtlpSignal, body: Uint8Array, isJson: boolean): OtlpExport {
  const message: unknown = isJson
    ? JSON.parse(Buffer.from(body).toString('utf8'))
    : decodeProtobuf(body, PROTOBUF[signal]);
  const nothing = { spans: [], metrics: [], logs: [] };
  switch (signal) {
    case 'traces':
      return {
        ...nothing,
        spans: traces
          .parse(message)
          .resourceSpans.flatMap((each) =>
            each.scopeSpans.flatMap(({ spans }) =>
              spans.map((one) => ({ ...one, ...serviceOf(each.resource) })),
            ),
          ),
      };
    case 'metrics':
      return {
        ...nothing,
        metrics: metrics
          .parse(message)
          .resourceMetrics.flatMap((each) =>
            each.scopeMetrics.flatMap((scope) =>
              scope.metrics.map((one) => ({ ...one, ...serviceOf(each.resource) })),
            ),
          ),
      };
    case 'logs':
      return {
        ...nothing,
        logs: logs
          .parse(message)
          .resourceLogs.flatMap((each) =>
            each.scopeLogs.flatMap(({ logRecords }) =>
              logRecords.map((one) => ({ ...one, ...serviceOf(each.resource) })),
            ),
          ),
      };
  }
}

function serviceOf(of: z.infer<typeof resourceJson>): OfService {
  return { service: String(of.attributes['service.name']) };
}
