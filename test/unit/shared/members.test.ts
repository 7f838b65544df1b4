import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  asPartOf,
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

test('a part that is the whole is the same list, until one of them changes', () => {
  const all = withMember(withMember(NOBODY, 1), 2);
  expect(asPartOf(withMember(NOBODY, 1), all)).toEqual([1]);
  const part = asPartOf([2, 1], all);
  expect(part).toBe(all);
  expect([...withoutMember(part, 1)]).toEqual([2]);
  expect([...withMember(all, 3)]).toEqual([1, 2, 3]);
  expect([...part]).toEqual([1, 2]);
});

test('sets, which change where they are, are never shared', () => {
  let all: Members<number> = NOBODY;
  let part: Members<number> = NOBODY;
  for (let who = 0; who < 20; who += 1) {
    all = withMember(all, who);
    part = asPartOf(withMember(part, who), all);
  }
  all = withoutMember(all, 7);
  expect(isMember(part, 7)).toBe(true);
});
