import { describe, expect, it } from 'vitest';
import type { SubscriptionItem } from '../../../client/index.ts';
import { readInvestigation } from '../../../web/investigation/read-investigation.ts';

let count = 0;
function update(kind: string, body: Record<string, unknown>): SubscriptionItem {
  count += 1;
  return {
    type: `investigation_${kind}`,
    data: { ...body, investigation_id: 'I', update_type: kind },
    timestamp: `2026-01-31T12:00:${String(count % 60).padStart(2, '0')}.000Z`,
    id: String(count),
  };
}
function anomaly(severity: unknown, details: Record<string, unknown>): SubscriptionItem {
  count += 1;
  const data = { investigation_id: 'I', severity, description: details['description'] ?? null, details };
  return { type: 'anomaly_detected', data, timestamp: '2026-01-31T12:00:00.000Z', id: String(count) };
}

describe('an investigation as its events tell it', () => {
  it('knows how far it is, by the last that says so', () => {
    const picture = readInvestigation([
      update('progress', { progress: 10, message: 'Lendo' }),
      update('progress', { percentual: '45,5%', etapa: 'Comparando' }),
      update('progress', { progress: 'muito' }),
    ]);
    expect(picture.percent).toBe(45.5);
    expect(picture.stage).toBe('Comparando');
  });

  it.each([
    [0, 0],
    [0.25, 25],
    [1, 1],
    [100, 100],
    [{ percent: 30 }, 30],
    [101, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
  ])('reads a progress of %j as %s', (progress, percent) => {
    expect(readInvestigation([update('progress', { progress })]).percent).toBe(percent);
  });

  it('adds amounts up by severity, the worst first', () => {
    const picture = readInvestigation([
      anomaly('low', { amount: 10 }),
      anomaly('Crítica', { valor: 'R$ 1.234,56' }),
      anomaly('critical', { details: { valor_total: 100 } }),
      anomaly('strange', { amount: 'a lot' }),
    ]);
    expect(picture.totals).toEqual([
      { severity: 'critical', count: 2, amount: 1_334.56 },
      { severity: 'medium', count: 1, amount: 0 },
      { severity: 'low', count: 1, amount: 10 },
    ]);
    expect(picture.amount).toBeCloseTo(1_344.56);
    expect(picture.anomalies.map(({ severity }) => severity)).toEqual([
      'critical',
      'critical',
      'medium',
      'low',
    ]);
  });

  it('marks a gap where it is', () => {
    const gap: SubscriptionItem = { type: 'gap', channel: 'investigation.I', reason: 'unrecovered' };
    const picture = readInvestigation([update('started', {}), gap, update('report', { title: 'Fim' })]);
    expect(picture.timeline.map(({ kind }) => kind)).toEqual(['event', 'gap', 'event']);
    expect(picture.timeline[0]).toMatchObject({ name: 'report', text: 'Fim' });
  });

  it('takes bodies of any shape', () => {
    const strange: unknown[] = [
      null,
      [],
      'text',
      1e300,
      { a: { b: [] } },
      '\u202Eevil\u0000',
      { toString: 1 },
    ];
    for (const value of strange) {
      const body = { progress: value, message: value, amount: value, supplier: value, description: value };
      const picture = readInvestigation([update('progress', body), anomaly(value, body)]);
      expect(picture.timeline).toHaveLength(2);
      expect(JSON.stringify(picture)).not.toMatch(/\u202E|\\u0000/);
    }
  });
});
