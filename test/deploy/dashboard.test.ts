import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMMON_METRICS, GATEWAY_METRICS, WORKER_METRICS } from '../../shared/telemetry/metric-catalog.ts';
import { prometheusName, type MetricDefinition } from '../../shared/telemetry/metric-definition.ts';
import { ROOT } from '../house/source-tree.ts';

const FOLDER = join(ROOT, 'deploy/grafana');
/** What Prometheus adds by itself: who sent it, and a histogram's bounds. */
const EVERYWHERE = ['job', 'instance', 'le'];

const dashboard = z.object({
  panels: z.array(z.looseObject({ targets: z.array(z.object({ expr: z.string() })).default([]) })),
});
const alerts = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.looseObject({
          uid: z.string(),
          data: z.array(z.looseObject({ model: z.looseObject({ expr: z.string() }) })),
        }),
      ),
    }),
  ),
});

const boards = dashboard.parse(JSON.parse(readFileSync(join(FOLDER, 'realtime.json'), 'utf8')));
const rules = alerts
  .parse(parse(readFileSync(join(FOLDER, 'alerts.yaml'), 'utf8')))
  .groups.flatMap((group) => group.rules);
const queries = [
  ...boards.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...rules.flatMap(({ data }) => data.map(({ model }) => model.expr)),
];

/** Every series that the services make, with the labels it has. */
const series = new Map<string, readonly string[]>(
  [GATEWAY_METRICS, WORKER_METRICS, COMMON_METRICS]
    .flatMap((catalog) => Object.values<MetricDefinition>(catalog))
    .flatMap((metric) => {
      const labels = metric.label === undefined ? [] : [metric.label.name.replaceAll('.', '_')];
      const name = prometheusName(metric);
      const names =
        metric.type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name];
      return names.map((one) => [one, labels] as const);
    }),
);

it('every query of the dashboard and of the alerts asks for series that exist', () => {
  expect(queries.length).toBeGreaterThan(40);
  for (const query of queries) {
    const named = [...query.matchAll(/\b(?:rt|websocket|nodejs|process|gen_ai|v8js)_[a-z0-9_]+/g)].map(
      ([name]) => name,
    );
    expect(named, query).not.toEqual([]);
    expect(
      named.filter((name) => !series.has(name)),
      query,
    ).toEqual([]);
  }
});

it('every label that is grouped by or selected is one of the series asked for', () => {
  for (const query of queries) {
    const known = [
      ...EVERYWHERE,
      ...[...series].filter(([name]) => query.includes(name)).flatMap(([, labels]) => labels),
    ];
    const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.trim()),
    );
    const selected = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, text = '']) =>
      [...text.matchAll(/(\w+)[!=]/g)].map(([, name = '']) => name),
    );
    expect(
      [...grouped, ...selected].filter((name) => !known.includes(name)),
      query,
    ).toEqual([]);
  }
});

it('OPERATIONS.md explains every series that an alert rests on', () => {
  const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');
  expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
  for (const { data } of rules) {
    for (const { model } of data) {
      const named = [...model.expr.matchAll(/\b(?:rt|websocket)_[a-z0-9_]+/g)].map(([name]) => name);
      expect(named.filter((name) => !page.includes(name))).toEqual([]);
    }
  }
});
