import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Coverage, type Placed } from '../../../../shared/channel/coverage.ts';
import type { Position } from '../../../../shared/channel/position.ts';
import { propertyOptions } from '../../../support/property-options.ts';

function at(base: number, ...above: number[]): Position {
  return { epoch: 'epoch-01', base, above };
}

function events(...subjects: string[]): Placed[] {
  return subjects.map((subject, index) => ({ subject, sequence: index + 1 }));
}

/** What a filter lets through of a whole read. */
function filtered(position: Position, read: readonly Placed[]): number[] {
  const passed: number[] = [];
  const coverage = new Coverage<Placed>(position, ({ sequence }) => passed.push(sequence));
  for (const event of read) coverage.offer(event);
  coverage.end();
  return passed;
}

describe('Coverage', () => {
  test('lets through what is after the base', () => {
    expect(filtered(at(2), events('a', 'b', 'a', 'c'))).toEqual([3, 4]);
  });

  test('finds out whose the named sequences are', () => {
    expect(filtered(at(1, 3), events('a', 'b', 'a', 'b', 'a'))).toEqual([2, 4, 5]);
    expect(filtered(at(0, 4, 5), events('a', 'b', 'a', 'b', 'a', 'b'))).toEqual([6]);
  });

  test('holds back only until the last name has been met', () => {
    const passed: number[] = [];
    const coverage = new Coverage<Placed>(at(0, 2, 3), ({ sequence }) => passed.push(sequence));
    const read = events('c', 'a', 'b', 'c');
    const after = read.map((event) => {
      coverage.offer(event);
      return [...passed];
    });
    expect(after).toEqual([[], [], [1], [1, 4]]);
  });

  test('goes by what it has seen when a named event is no longer there', () => {
    expect(
      filtered(at(0, 2), [
        { subject: 'a', sequence: 1 },
        { subject: 'a', sequence: 3 },
      ]),
    ).toEqual([1, 3]);
    expect(filtered(at(0, 9), events('a', 'b'))).toEqual([1, 2]);
  });

  test('passes each event once, also when its end is told twice', () => {
    const passed: number[] = [];
    const coverage = new Coverage<Placed>(at(0, 2), ({ sequence }) => passed.push(sequence));
    for (const event of events('a', 'b', 'a')) coverage.offer(event);
    coverage.end();
    coverage.end();
    expect(passed).toEqual([1, 3]);
  });

  test('lets through exactly what a position lacks, and says where one stands after any part of it', () => {
    const streams = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'elsewhere'), {
      minLength: 1,
      maxLength: 40,
    });
    const reader = fc.record({
      subjects: streams,
      base: fc.nat({ max: 40 }),
      seed: fc.nat(),
      stop: fc.nat(),
    });
    fc.assert(
      fc.property(reader, ({ subjects, base: wanted, seed, stop }) => {
        const all = events(...subjects).filter(({ subject }) => subject !== 'elsewhere');
        const base = Math.min(wanted, subjects.length);
        // Somebody had everything up to the base, and of some subjects everything up to an event above it.
        const named = new Map<string, number>();
        for (const [index, { subject, sequence }] of all.entries()) {
          if (sequence > base && ((seed >> (index % 30)) & 1) === 1) named.set(subject, sequence);
        }
        const position = at(base, ...[...named.values()].sort((one, other) => one - other));
        const lacking = all.filter(
          ({ subject, sequence }) => sequence > base && sequence > (named.get(subject) ?? 0),
        );
        expect(filtered(position, all)).toEqual(lacking.map(({ sequence }) => sequence));

        // Broken off after any event, the rest comes from the position it gives, and nothing twice.
        const passed: number[] = [];
        const coverage = new Coverage<Placed>(position, ({ sequence }) => passed.push(sequence));
        const part = all.filter(({ sequence }) => sequence > base).slice(0, stop % (all.length + 1));
        for (const event of part) coverage.offer(event);
        const rest = coverage.positionAfter(part.at(-1)?.sequence ?? base);
        const tail = all.filter(({ sequence }) => sequence > rest.base);
        expect([...passed, ...filtered(rest, tail)]).toEqual(lacking.map(({ sequence }) => sequence));
      }),
      propertyOptions(2_000),
    );
  });
});
