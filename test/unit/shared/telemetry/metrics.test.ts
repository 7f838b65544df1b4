import { describe, expect, test } from 'vitest';
import {
  counter,
  gauge,
  histogram,
  label,
  prometheusName,
} from '../../../../shared/telemetry/metric-definition.ts';
import { MetricRegistry } from '../../../../shared/telemetry/metrics.ts';
import { Scraped } from '../../../support/prometheus.ts';

const scraped = async (registry: MetricRegistry): Promise<Scraped> =>
  new Scraped((await registry.scrape()).body);

describe('the metrics of a service', () => {
  test('are counted from zero, for every value of a label', async () => {
    const registry = new MetricRegistry('gateway');
    const tally = registry.tally(counter('rt.x', '{thing}', 'x', label('kind', ['a', 'b', 'other'])));
    tally.add('a');
    tally.add('a', 2);
    tally.addOther('what is that');
    tally.addOther('__proto__');
    const page = await scraped(registry);
    expect(page.types.get('rt_x_total')).toBe('counter');
    expect(['a', 'b', 'other'].map((kind) => page.value('rt_x_total', { kind }))).toEqual([3, 0, 2]);
    expect(page.samples.filter(({ name }) => name === 'rt_x_total')).toHaveLength(3);
  });

  test('have units in their names, as Prometheus wants them', () => {
    expect(prometheusName(histogram([1], 'a.latency', 's', ''))).toBe('a_latency_seconds');
    expect(prometheusName(counter('cpu.time', 's', ''))).toBe('cpu_time_seconds_total');
    expect(prometheusName(gauge('memory.usage', 'By', ''))).toBe('memory_usage_bytes');
    expect(prometheusName(gauge('loop.utilization', '1', ''))).toBe('loop_utilization_ratio');
    expect(prometheusName(gauge('rt.ready', '{service}', ''))).toBe('rt_ready');
  });

  test('have the buckets they are declared with', async () => {
    const registry = new MetricRegistry('gateway');
    const times = registry.distribution(histogram([0.1, 1], 'rt.wait', 's', 'wait'));
    for (const seconds of [0.05, 0.5, 0.7, 5]) times.record(seconds);
    const page = await scraped(registry);
    const buckets = ['0.1', '1', '+Inf'].map((le) => page.value('rt_wait_seconds_bucket', { le }));
    expect(buckets).toEqual([1, 3, 4]);
    expect(page.value('rt_wait_seconds_sum')).toBeCloseTo(6.25);
  });

  test('leave out what is not known', async () => {
    const registry = new MetricRegistry('gateway');
    let depth: number | undefined;
    registry.observe(gauge('rt.depth', '{chat}', 'depth'), () => depth);
    expect((await scraped(registry)).value('rt_depth')).toBeUndefined();
    depth = 4;
    expect((await scraped(registry)).value('rt_depth')).toBe(4);
    depth = undefined;
    expect((await scraped(registry)).value('rt_depth')).toBeUndefined();
  });

  test('say whose they are', async () => {
    const [info] = (await scraped(new MetricRegistry('chat-worker'))).samples;
    expect(info).toMatchObject({ name: 'target_info', labels: { service_name: 'chat-worker' } });
  });

  test('of two services in one process are apart', async () => {
    const definition = gauge('rt.depth', '{chat}', 'depth');
    const [one, other] = [new MetricRegistry('gateway'), new MetricRegistry('gateway')];
    one.count(definition).add(1);
    other.count(definition).add(2);
    expect((await scraped(one)).value('rt_depth')).toBe(1);
    expect((await scraped(other)).value('rt_depth')).toBe(2);
  });
});
