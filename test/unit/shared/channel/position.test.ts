import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeCursor,
  encodeCursor,
  writeCursor,
  isRecoverable,
  MAX_ABOVE,
  type Position,
} from '../../../../shared/channel/position.ts';
import { MAX_CURSOR_CHARACTERS } from '../../../../shared/socket-protocol/limits.ts';
import { propertyOptions } from '../../../support/property-options.ts';

const EPOCH_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const epochs = fc.string({
  unit: fc.constantFrom(...Array.from(EPOCH_LETTERS)),
  minLength: 8,
  maxLength: 8,
});
const steps = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 47 }));

/** Any position that a reader could hand out. */
const positions: fc.Arbitrary<Position> = fc
  .record({
    epoch: epochs,
    base: fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 2 ** 52 })),
    steps: fc.array(steps, { maxLength: MAX_ABOVE }),
  })
  .map(({ epoch, base, steps: differences }) => {
    let sequence = base;
    return { epoch, base, above: differences.map((difference) => (sequence += difference)) };
  });

describe('a cursor', () => {
  test('gives back the position it was made of, within its length', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const cursor = encodeCursor(position);
        expect(decodeCursor(cursor)).toEqual(position);
        expect(cursor.length).toBeLessThanOrEqual(MAX_CURSOR_CHARACTERS);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
      propertyOptions(2_000),
    );
  });

  test('of the greatest numbers still fits', () => {
    const above = Array.from(
      { length: MAX_ABOVE },
      (_, index) => Number.MAX_SAFE_INTEGER - MAX_ABOVE + 1 + index,
    );
    for (const base of [0, 2 ** 49, Number.MAX_SAFE_INTEGER - MAX_ABOVE]) {
      const cursor = encodeCursor({ epoch: 'epoch-01', base, above });
      expect(cursor.length).toBeLessThanOrEqual(MAX_CURSOR_CHARACTERS);
      expect(decodeCursor(cursor)).toEqual({ epoch: 'epoch-01', base, above });
    }
  });

  test('is the only one of its position: no other string means the same', () => {
    fc.assert(
      fc.property(
        positions,
        fc.nat(),
        fc.constantFrom(...Array.from(EPOCH_LETTERS)),
        (position, place, letter) => {
          const cursor = encodeCursor(position);
          const index = place % cursor.length;
          const other = cursor.slice(0, index) + letter + cursor.slice(index + 1);
          const decoded = decodeCursor(other);
          if (decoded !== undefined) expect(encodeCursor(decoded)).toBe(other);
        },
      ),
      propertyOptions(2_000),
    );
  });

  test('is written where it is wanted, with as many names of a list as it is told to', () => {
    const target = Buffer.from('-'.repeat(40));
    const end = writeCursor(target, 3, { epoch: 'epoch-01', base: 5, above: [7, 9, 100], count: 2 });
    const cursor = encodeCursor({ epoch: 'epoch-01', base: 5, above: [7, 9] });
    expect(target.toString()).toBe(`---${cursor}${'-'.repeat(40 - end)}`);
  });

  test('is at most as long as the limit for what clients send, however full', () => {
    const above = Array.from(
      { length: MAX_ABOVE },
      (_, index) => Number.MAX_SAFE_INTEGER - MAX_ABOVE + index,
    );
    expect(encodeCursor({ epoch: 'epoch-01', base: 0, above }).length).toBeLessThan(MAX_CURSOR_CHARACTERS);
  });

  test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER])(
    'keeps the base %d',
    (base) => {
      expect(decodeCursor(encodeCursor({ epoch: 'epoch-01', base, above: [] }))?.base).toBe(base);
    },
  );
});

describe('a string that is no cursor', () => {
  const bytes = (...values: number[]): string => `epoch-01${Buffer.from(values).toString('base64url')}`;

  test.each([
    ['nothing', ''],
    ['an epoch alone', 'epoch-01'],
    ['too short an epoch', 'epoch'],
    ['an epoch of other letters', 'epoch.01AQA'],
    ['a version alone', bytes(1)],
    ['another version', bytes(2, 5)],
    ['version 0', bytes(0, 5)],
    ['an unfinished number', bytes(1, 0x80)],
    ['an unfinished name', bytes(1, 5, 0x85)],
    ['a number in more bytes than it needs', bytes(1, 0x85, 0x00)],
    ['a name equal to what is before it', bytes(1, 5, 0)],
    ['a base beyond the safe integers', bytes(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f)],
    ['a number without end', bytes(1, ...Array.from({ length: 100 }, () => 0xff), 1)],
    [
      'names beyond the safe integers',
      bytes(1, ...[5, 5].flatMap(() => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    ],
    ['more names than there may be', bytes(1, 5, ...Array.from({ length: MAX_ABOVE + 1 }, () => 1))],
    ['padding', `${bytes(1, 5)}=`],
    ['base64 that is not for addresses', 'epoch-01AQ/+'],
    ['a length no base64 has', 'epoch-01AQUFA'],
    ['bits left over', 'epoch-01AQV'],
    ['a space before', ` ${bytes(1, 5)}`],
    ['a line break after', `${bytes(1, 5)}\n`],
    ['one letter too many', 'A'.repeat(MAX_CURSOR_CHARACTERS + 1)],
    ['a very long one', 'A'.repeat(1_000_000)],
    ['letters of elsewhere', 'época-01AQU'],
    ['a null character', `${bytes(1, 5)}\0`],
  ])('%s is refused', (_, cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  });

  test('of any kind never throws, and is a cursor only when it is written as one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 600 }), fc.base64String({ maxLength: 600 })), (text) => {
        const position = decodeCursor(text);
        if (position !== undefined) expect(encodeCursor(position)).toBe(text);
      }),
      propertyOptions(2_000),
    );
  });
});

describe('a position can be honoured', () => {
  const bounds = { first: 10, last: 20, epoch: 'epoch-01' };
  const at = (base: number, ...above: number[]): Position => ({ epoch: 'epoch-01', base, above });

  test.each([
    ['right before what is kept', at(9), true],
    ['within', at(15, 17, 20), true],
    ['at the end', at(20), true],
    ['before the first', at(8), false],
    ['before the first, with names within', at(8, 12), false],
    ['after the last', at(21), false],
    ['naming what is after the last', at(15, 21), false],
    ['in another storage', { ...at(15), epoch: 'epoch-02' }, false],
  ])('%s', (_, position, expected) => {
    expect(isRecoverable(position, bounds)).toBe(expected);
  });

  test('in an empty stream', () => {
    expect(isRecoverable(at(0), { first: 1, last: 0, epoch: 'epoch-01' })).toBe(true);
    expect(isRecoverable(at(20), { first: 21, last: 20, epoch: 'epoch-01' })).toBe(true);
    expect(isRecoverable(at(19), { first: 21, last: 20, epoch: 'epoch-01' })).toBe(false);
  });
});
