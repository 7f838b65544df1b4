import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoney, parseAmount } from '../../../../chat-worker/agents/facts/money.ts';
import { investigationFacts } from '../../../../chat-worker/agents/investigation-facts.ts';
import { eventsOf, health } from './events.ts';
import { strangersEvents } from './strangers-events.ts';

describe('the facts of an investigation', () => {
  const facts = investigationFacts('INV-1', health);

  it('hold the last word on status, progress and message, with their sources', () => {
    expect(facts.status).toMatchObject({ value: 'analise', source: { sequence: 48, kind: 'progress' } });
    expect(facts.progress).toMatchObject({
      value: { value: 45.678, isPercent: true },
      source: { sequence: 48 },
    });
    expect(facts.message).toMatchObject({ value: 'Coletando contratos', source: { sequence: 41 } });
  });

  it('hold the anomalies by severity, then amount', () => {
    expect(facts.anomalies.map(({ severity, amount }) => [severity.known, amount?.value])).toEqual([
      ['critical', 98765.43],
      ['high', 2_000_000],
      ['high', 1234567.89],
      ['medium', undefined],
    ]);
  });

  it('hold findings, reports, suppliers and the timeline', () => {
    expect(facts.findings.map(({ value }) => value)).toEqual(['Sócio em comum entre concorrentes']);
    expect(facts.reports.map(({ value }) => value)).toEqual(['Parecer preliminar']);
    expect(facts.suppliers).toEqual([{ name: 'Alfa Engenharia', cnpj: '12.345.678/0001-90', eventCount: 1 }]);
    expect(facts.timeline.map(({ source }) => source.sequence)).toEqual(
      health.map(({ sequence }) => sequence),
    );
    expect([facts.eventCount, facts.first?.sequence, facts.last?.sequence]).toEqual([9, 40, 48]);
  });

  it('are empty where there are no events', () => {
    const none = investigationFacts('INV-1', []);
    expect(none).toMatchObject({
      eventCount: 0,
      first: undefined,
      status: undefined,
      anomalies: [],
      timeline: [],
    });
  });

  it('take an anomaly without severity for medium, and keep a word they do not know', () => {
    const { anomalies } = investigationFacts(
      'x',
      eventsOf(['anomaly', {}], ['anomaly', { severity: 'spicy' }], ['anomaly', { severity: 'ALTA' }]),
    );
    expect(anomalies.map(({ severity }) => [severity.known, severity.published])).toEqual([
      ['high', 'ALTA'],
      ['medium', 'medium'],
      [undefined, 'spicy'],
    ]);
  });

  it('count a supplier once for each event that names it, whatever the case', () => {
    const { suppliers } = investigationFacts(
      'x',
      eventsOf(
        ['finding', { supplier: 'Beta' }],
        ['anomaly', { fornecedor: 'BETA', suppliers: ['beta', { name: 'Gama', cnpj: '123.456.789-00' }] }],
        ['supplier', { name: 'Delta' }],
      ),
    );
    expect(suppliers.map(({ name, eventCount }) => [name, eventCount])).toEqual([
      ['Beta', 2],
      ['Gama', 1],
      ['Delta', 1],
    ]);
    // A person's number is no company's.
    expect(suppliers.map(({ cnpj }) => cnpj)).toEqual([undefined, undefined, undefined]);
  });

  it('cut what is long and clean what is dirty', () => {
    const { anomalies, status } = investigationFacts(
      'x',
      eventsOf(
        ['anomaly', { description: `\ud800 a\u0000b\u202Ec\n${'palavra '.repeat(100_000)}` }],
        ['progress', { status: { deep: { deeper: 'x' } } }],
      ),
    );
    expect(anomalies[0]?.description).toMatch(/^\uFFFD a b c palavra .*…$/u);
    expect(anomalies[0]?.description?.length).toBeLessThanOrEqual(240);
    expect(status).toBeUndefined();
  });

  it('do not read what a body inherits, nor let it be inherited', () => {
    const inheriting = Object.create({ status: 'forged' }) as Record<string, unknown>;
    const poisonous = JSON.parse('{"__proto__": {"status": "forged"}}') as Record<string, unknown>;
    for (const body of [inheriting, poisonous]) {
      expect(investigationFacts('x', eventsOf(['progress', body])).status).toBeUndefined();
    }
    expect(Object.prototype).not.toHaveProperty('status');
  });

  it('come out of any JSON, the same every time', () => {
    fc.assert(
      fc.property(strangersEvents, (events) => {
        const facts = investigationFacts('x', events);
        expect(facts.eventCount).toBe(events.length);
        expect(facts.timeline.length).toBe(events.length);
        expect(investigationFacts('x', events)).toEqual(facts);
      }),
      { numRuns: 300 },
    );
  });

  it('take time in proportion to the events', () => {
    const many = eventsOf(
      ...Array.from({ length: 20_000 }, (_, index) => {
        return ['anomaly', { severity: 'high', valor: index, fornecedor: `F${index % 900}` }] as const;
      }),
    );
    const startMs = performance.now();
    expect(investigationFacts('x', many).anomalies.length).toBe(20_000);
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });
});

describe('money', () => {
  it.each([
    [1234567.89, 'R$ 1.234.567,89'],
    [0, 'R$ 0,00'],
    [-0.001, 'R$ 0,00'],
    [999.999, 'R$ 1.000,00'],
    [-1234.5, '-R$ 1.234,50'],
    [1e14, 'R$ 100.000.000.000.000,00'],
  ])('writes %d as %s', (value, written) => {
    expect(formatMoney({ value, currency: 'R$' })).toBe(written);
  });

  it.each([
    ['R$ 1.234.567,89', 1234567.89],
    ['1.234', 1234],
    ['1234,5', 1234.5],
    ['1234.56', 1234.56],
    ['1,234.56', 1234.56],
    [42, 42],
    ['muito', undefined],
    ['1.23.4', undefined],
    ['', undefined],
    [true, undefined],
    [[1], undefined],
    [Number.NaN, undefined],
    [1e15, undefined],
    ['9'.repeat(100_000), undefined],
  ])('reads %j as %j', (published, value) => {
    expect(parseAmount(published)).toBe(value);
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (cents) => {
        const value = cents / 100;
        const written = formatMoney({ value, currency: 'R$' });
        expect(parseAmount(written.replace('-R$ ', 'R$ -'))).toBeCloseTo(value, 2);
      }),
    );
  });
});
