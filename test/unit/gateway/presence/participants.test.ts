import { describe, expect, it } from 'vitest';
import { isSame, merged, participantsOf, usersAdded } from '../../../../gateway/presence/participants.ts';

const maria = { principal: { sub: 'maria', name: 'Maria' } };
const jose = { principal: { sub: 'jose', name: undefined } };
const nobody = { principal: undefined };
const user = { id: 'maria', name: 'Maria' };

describe('participants', () => {
  it('are counted by user, those without one together', () => {
    expect(participantsOf([nobody, maria, jose, maria, nobody])).toEqual([
      { user: null, connections: 2 },
      { user, connections: 2 },
      { user: { id: 'jose' }, connections: 1 },
    ]);
  });

  it('of several gateways are added up', () => {
    const here = participantsOf([maria, nobody]);
    const there = [{ user: { id: 'maria', name: 'Maria S.' }, connections: 3 }];
    expect(merged([here, there, []])).toEqual([
      { user, connections: 4 },
      { user: null, connections: 1 },
    ]);
  });

  it('are the same in any order', () => {
    const list = participantsOf([maria, nobody]);
    expect(isSame(list, list.toReversed())).toBe(true);
    expect(isSame(list, participantsOf([maria]))).toBe(false);
    expect(isSame(list, participantsOf([maria, maria, nobody]))).toBe(false);
    expect(isSame(participantsOf([maria]), participantsOf([jose]))).toBe(false);
  });

  it('are new where they were not', () => {
    const before = participantsOf([maria]);
    const after = participantsOf([nobody, maria, jose]);
    expect(usersAdded(before, after)).toEqual([null, { id: 'jose' }]);
    expect(usersAdded(after, before)).toEqual([]);
  });

  it('fit into a frame, however many and whatever they are called', () => {
    const crowd = Array.from({ length: 5_000 }, (_, index) => ({
      principal: { sub: `${String(index)}-${'x'.repeat(500)}`, name: 'ã'.repeat(500) },
    }));
    const list = participantsOf(crowd);
    expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThan(257 * 1024);
    expect(list.length).toBeGreaterThan(100);
    const small = participantsOf(
      crowd.map((_, index) => ({ principal: { sub: `u${String(index)}`, name: undefined } })),
    );
    expect(small).toHaveLength(5_000);
  });
});
