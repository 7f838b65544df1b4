import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concentrationFindings } from '../../../demo/audit/concentration.ts';
import { median, priceFindings } from '../../../demo/audit/prices.ts';
import { DIRECT_AWARD_LIMIT_REAIS, splitFindings } from '../../../demo/audit/split-purchases.ts';
import { aContract, type Told } from './a-contract.ts';

describe('the median', () => {
  it.each([
    [[], 0],
    [[7], 7],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[5, 5, 5, 900], 5],
  ])('of %j is %d', (prices, expected) => {
    expect(median(prices)).toBe(expected);
  });

  it('has as many prices above as below, whatever their order', () => {
    const prices = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(prices, (list) => {
        const middle = median(list);
        const above = list.filter((price) => price > middle).length;
        const below = list.filter((price) => price < middle).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(list.length / 2);
      }),
    );
  });
});

describe('prices against the median of the item', () => {
  const usual = [10, 10, 10, 10, 10].map((price) => aContract({ price }));

  it.each([
    [31, 'critical'],
    [20, 'high'],
    [15, 'medium'],
    [13, 'low'],
  ])('a price of %d where 10 is usual is %s', (price, severity) => {
    const found = priceFindings([...usual, aContract({ price, quantity: 100, numero: '9/2025' })]);
    expect(found).toMatchObject([
      { type: 'price', severity, contracts: ['9/2025'], amount: (price - 10) * 100 },
    ]);
  });

  it('a price a little above is nothing, nor is one below', () => {
    expect(priceFindings([...usual, aContract({ price: 12.9 }), aContract({ price: 2 })])).toEqual([]);
  });

  it('says nothing of items with few prices, and compares no item with another', () => {
    expect(priceFindings([10, 10, 10, 90].map((price) => aContract({ price })))).toEqual([]);
    const other = [50, 50, 50, 50, 50].map((price) => aContract({ price, item: 'Y' }));
    expect(priceFindings([...usual, ...other])).toEqual([]);
  });
});

describe('concentration of suppliers', () => {
  const bought = (shares: Readonly<Record<string, number>>, unit = 'A') =>
    Object.entries(shares).flatMap(([supplier, share]) =>
      Array.from({ length: 3 }, () => aContract({ unit, supplier, price: share, quantity: 100 })),
    );

  it.each([
    [80, 'critical'],
    [60, 'high'],
    [45, 'medium'],
  ])('a supplier with %d%% of what a unit spends is %s', (share, severity) => {
    const rest = (100 - share) / 2;
    const found = concentrationFindings(bought({ big: share, one: rest, two: rest }));
    expect(found).toMatchObject([{ type: 'concentration', severity, supplier: 'Fornecedor big' }]);
    expect(found[0]?.amount).toBeCloseTo(share * 300);
    expect(found[0]?.contracts).toHaveLength(3);
  });

  it('is not there where three share alike, or where a unit buys rarely', () => {
    expect(concentrationFindings(bought({ one: 1, two: 1, three: 1 }))).toEqual([]);
    expect(concentrationFindings([aContract({ supplier: 'only' }), aContract({ supplier: 'only' })])).toEqual(
      [],
    );
  });

  it('counts each unit by itself', () => {
    const everywhere = ['A', 'B', 'C', 'D', 'E'].map((unit) => aContract({ unit, supplier: 'everywhere' }));
    expect(concentrationFindings(everywhere)).toEqual([]);
  });
});

describe('split purchases', () => {
  const almost = DIRECT_AWARD_LIMIT_REAIS - 1;
  const direct = (told: Told) => aContract({ isDirect: true, price: almost, quantity: 1, ...told });

  it('two direct awards just below the limit within days are one', () => {
    const found = splitFindings([direct({ date: '2025-03-01' }), direct({ date: '2025-03-11' })]);
    expect(found).toMatchObject([{ type: 'split', severity: 'high', amount: 2 * almost }]);
    expect(found[0]?.description).toContain('2 dispensas em 10 dias');
  });

  it('three are worse', () => {
    const dates = ['2025-03-20', '2025-03-01', '2025-03-05'];
    const found = splitFindings(dates.map((date) => direct({ date })));
    expect(found).toMatchObject([{ severity: 'critical', amount: 3 * almost }]);
  });

  it.each<[string, Told]>([
    ['months apart', { date: '2025-06-01' }],
    ['of another supplier', { supplier: 'T' }],
    ['of another unit', { unit: 'B' }],
    ['of another nature', { nature: 'Informática' }],
    ['with a tender', { isDirect: false }],
    ['above the limit by itself', { price: DIRECT_AWARD_LIMIT_REAIS }],
  ])('one more %s is none', (_name, other) => {
    expect(splitFindings([direct({}), direct(other)])).toEqual([]);
  });

  it('two that stay below the limit together are none', () => {
    expect(splitFindings([direct({ price: 20_000 }), direct({ price: 30_000 })])).toEqual([]);
  });
});
