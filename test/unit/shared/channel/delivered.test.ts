import { describe, expect, test } from 'vitest';
import { Delivered } from '../../../../shared/channel/delivered.ts';
import { decodeCursor, MAX_ABOVE } from '../../../../shared/channel/position.ts';

function deliveredUpTo(base: number): Delivered {
  const delivered = new Delivered();
  delivered.restart('epoch-01', base);
  return delivered;
}

function live(subject: string, sequence: number, previousSequence = 0) {
  return { subject, sequence, previousSequence };
}

describe('Delivered', () => {
  test('tells what is seen, what is next and what lacks a link', () => {
    const delivered = deliveredUpTo(10);
    delivered.remember(live('a', 12));
    expect(delivered.verdictOn(live('a', 12, 5))).toBe('seen');
    expect(delivered.verdictOn(live('b', 10, 0))).toBe('seen');
    expect(delivered.verdictOn(live('a', 11, 5))).toBe('seen');
    expect(delivered.verdictOn(live('a', 13, 12))).toBe('next');
    expect(delivered.verdictOn(live('b', 11, 0))).toBe('next');
    expect(delivered.verdictOn(live('b', 11, 10))).toBe('next');
    expect(delivered.verdictOn(live('a', 15, 14))).toBe('unlinked');
    expect(delivered.verdictOn(live('b', 15, 11))).toBe('unlinked');
    expect(delivered.verdictOn(live('a', 15, Number.NaN))).toBe('unlinked');
  });

  test('has room for as many subjects above the base as a cursor can name', () => {
    const delivered = deliveredUpTo(0);
    for (let index = 1; index <= MAX_ABOVE; index += 1) delivered.remember(live(`s${index}`, index));
    expect(delivered.verdictOn(live('s1', 100, 1))).toBe('next');
    expect(delivered.verdictOn(live('other', 100))).toBe('no room');
    delivered.moveBase(1);
    expect(delivered.verdictOn(live('other', 100))).toBe('next');
  });

  test('remembers below a base that moved by age what later events are linked to', () => {
    const delivered = deliveredUpTo(0);
    delivered.remember(live('a', 1));
    delivered.remember(live('b', 2));
    delivered.moveBase(2);
    expect(delivered.position).toEqual({ epoch: 'epoch-01', base: 2, above: [] });
    expect(delivered.verdictOn(live('a', 1))).toBe('seen');
    expect(delivered.verdictOn(live('a', 3, 1))).toBe('next');
    expect(delivered.verdictOn(live('a', 4, 3))).toBe('unlinked');
    delivered.readUpTo(2, 0);
    expect(delivered.lastOf('a')).toBeUndefined();
    expect(delivered.verdictOn(live('a', 3, 1))).toBe('next');
  });

  test('takes nothing as linked only because the base has passed it', () => {
    const delivered = deliveredUpTo(0);
    delivered.remember(live('b', 2));
    delivered.moveBase(2);
    expect(delivered.verdictOn(live('a', 3, 1))).toBe('unlinked');
    expect(delivered.disproves(live('a', 3, 1))).toBe(true);
    expect(delivered.disproves(live('b', 3, 2))).toBe(false);
    // Neither when a read has begun at the base.
    delivered.readUpTo(4, 2);
    expect(delivered.verdictOn(live('a', 5, 1))).toBe('unlinked');
    delivered.fallBack();
    expect(delivered.position).toEqual({ epoch: 'epoch-01', base: 0, above: [2] });
  });

  test('never goes back', () => {
    const delivered = deliveredUpTo(5);
    delivered.moveBase(3);
    delivered.readUpTo(4, 3);
    expect([delivered.base, delivered.highest]).toEqual([5, 5]);
  });

  test('names in a cursor what is above the base, ascending, each subject once', () => {
    const delivered = deliveredUpTo(10);
    for (const event of [live('c', 19), live('a', 12), live('d', 15), live('b', 11)])
      delivered.remember(event);
    const positionAfter = (subject: string, sequence: number, base?: number) =>
      decodeCursor(String(delivered.cursorAfter({ subject, sequence }, base)));
    expect(positionAfter('a', 20)).toEqual({ epoch: 'epoch-01', base: 10, above: [11, 15, 19, 20] });
    expect(positionAfter('e', 13)).toEqual({ epoch: 'epoch-01', base: 10, above: [11, 12, 13, 15, 19] });
    expect(positionAfter('e', 13, 13)).toEqual({ epoch: 'epoch-01', base: 13, above: [15, 19] });
    expect(positionAfter('e', 30, 30)).toEqual({ epoch: 'epoch-01', base: 30, above: [] });
    expect(positionAfter('e', 9)).toEqual({ epoch: 'epoch-01', base: 10, above: [11, 12, 15, 19] });
    expect(delivered.position).toEqual({ epoch: 'epoch-01', base: 10, above: [11, 12, 15, 19] });
  });

  test('knows nothing of another storage', () => {
    const delivered = deliveredUpTo(10);
    delivered.remember(live('a', 12));
    delivered.restart('epoch-02', 0);
    expect(delivered.position).toEqual({ epoch: 'epoch-02', base: 0, above: [] });
    expect([delivered.lastOf('a'), delivered.highest]).toEqual([undefined, 0]);
    expect(delivered.isNews(live('a', 1))).toBe(true);
  });
});
