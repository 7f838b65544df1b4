import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isMember,
  NOBODY,
  sizeOf,
  withMember,
  withoutMember,
  type Members,
} from '../../../shared/members.ts';
import { propertyOptions } from '../../support/property-options.ts';

test('members are a set, however many they are', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 20 })), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (changes) => {
      const expected = new Set<number>();
      let members: Members<number> = NOBODY;
      for (const [comes, who] of changes) {
        if (comes) expected.add(who);
        else expected.delete(who);
        members = comes ? withMember(members, who) : withoutMember(members, who);
        expect(sizeOf(members)).toBe(expected.size);
        expect(isMember(members, who)).toBe(comes);
        expect([...members].sort()).toEqual([...expected].sort());
      }
      expect(NOBODY).toHaveLength(0);
    }),
    propertyOptions(300),
  );
});

test('whoever leaves while all are gone through disturbs nobody', () => {
  for (const count of [1, 3, 8, 9, 40]) {
    let members: Members<number> = NOBODY;
    for (let who = 0; who < count; who += 1) members = withMember(members, who);
    const seen: number[] = [];
    for (const who of members) {
      seen.push(who);
      members = withoutMember(members, who);
    }
    expect(seen).toHaveLength(count);
    expect(sizeOf(members)).toBe(0);
  }
});
