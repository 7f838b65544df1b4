/**
 * Who takes part in something: a list while they are few, which is nearly always. Of the sets that a session with
 * one socket would need each takes three times as much memory.
 */
export type Members<Member> = readonly Member[] | Set<Member>;

export const NOBODY: readonly never[] = [];
/** Up to here a list is as quick as a set. */
const FEW = 8;

export function sizeOf(members: Members<unknown>): number {
  return members instanceof Set ? members.size : members.length;
}

/** Those there were and another, who may be one of them. Who goes through those there were is not disturbed. */
export function withMember<Member>(members: Members<Member>, member: Member): Members<Member> {
  if (members instanceof Set) return members.add(member);
  if (members.includes(member)) return members;
  if (members.length >= FEW) return new Set(members).add(member);
  // A list of just that length: one that is pushed to has room for seventeen.
  return members.length === 0 ? [member] : members.concat([member]);
}

/** Those there were but for one, who may be none of them. */
export function withoutMember<Member>(members: Members<Member>, member: Member): Members<Member> {
  if (members instanceof Set) {
    members.delete(member);
    return members;
  }
  if (!members.includes(member)) return members;
  return members.length === 1 ? NOBODY : members.filter((other) => other !== member);
}

/** Some of all: the same list as all of them where they are just those, which two lists need not be kept for. */
export function asPartOf<Member>(part: Members<Member>, all: Members<Member>): Members<Member> {
  // Sets are changed where they are: two may not be one.
  return all instanceof Set || sizeOf(part) < all.length ? part : all;
}

export function isMember<Member>(members: Members<Member>, member: Member): boolean {
  return members instanceof Set ? members.has(member) : members.includes(member);
}
