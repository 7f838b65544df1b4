import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMON_METRICS, GATEWAY_METRICS, WORKER_METRICS } from '../../shared/telemetry/metric-catalog.ts';
import { prometheusName, type MetricDefinition } from '../../shared/telemetry/metric-definition.ts';
import { SPAN } from '../../shared/telemetry/semantics.ts';
import { ROOT } from './source-tree.ts';

/** By the heading of their table. */
const CATALOGS: readonly (readonly [string, Readonly<Record<string, MetricDefinition>>])[] = [
  ['The gateway', GATEWAY_METRICS],
  ['The chat-worker', WORKER_METRICS],
  ['Both', COMMON_METRICS],
];

/** The cells of each row, as `docs/METRICS.md` has to show the metric. */
function rowOf(metric: MetricDefinition): readonly string[] {
  const { name, type, unit, label, meaning } = metric;
  const values = label?.values.map((value) => `\`${value}\``).join(', ');
  const buckets = metric.type === 'histogram' ? `; buckets ${metric.buckets.join(', ')}` : '';
  return [
    `\`${prometheusName(metric)}\``,
    `\`${name}\``,
    type,
    unit,
    label === undefined ? '–' : `\`${label.name.replaceAll('.', '_')}\`: ${String(values)}`,
    `${meaning}${buckets}`,
  ];
}

const sections = readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8').split(/^## /m);

/** The rows of the table below a heading, without its head. */
function tableOf(heading: string): readonly (readonly string[])[] {
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

it('docs/OPERATIONS.md shows every span by its name', () => {
  const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');
  const names = Object.values(SPAN).map((name) =>
    typeof name === 'string' ? name : name(name === SPAN.model ? '{model}' : '{agent}'),
  );
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});

describe('docs/METRICS.md', () => {
  it.each(CATALOGS)('shows every metric of "%s" as the code has it, and no other', (heading, catalog) => {
    expect(tableOf(heading)).toEqual(Object.values(catalog).map(rowOf));
  });

  it('names no metric that is not there in what OPERATIONS.md says to alert on', () => {
    const names = CATALOGS.flatMap(([, catalog]) => Object.values(catalog)).map(prometheusName);
    const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');
    const named = [...page.matchAll(/\b(?:rt|websocket|nodejs|process|gen_ai)_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('names no metric twice, and those of the contract', () => {
    const names = CATALOGS.flatMap(([, catalog]) => Object.values(catalog)).map(prometheusName);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(
      expect.arrayContaining([
        'websocket_connections_active',
        'websocket_connections_total',
        'websocket_messages_sent_total',
        'websocket_errors_total',
        'websocket_message_latency_seconds',
        'rt_chat_time_to_first_chunk_seconds',
      ]),
    );
  });
});
