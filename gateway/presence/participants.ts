import type { Participant } from '../../shared/socket-protocol/server-events.ts';
import type { Principal } from '../auth/principal.ts';

export type User = Participant['user'];

/** What a list may take of a frame or a message; who is beyond that is left out. */
const MAX_LIST_BYTES = 256 * 1024;
/** So many always fit: what a user is known by is part of a token, and so bounded. */
const ALWAYS_FIT = 16;

/** Those behind some sockets, each with how many of them; in the order their first sockets came. */
export function participantsOf(
  sockets: Iterable<{ readonly principal: Pick<Principal, 'sub' | 'name'> | undefined }>,
): readonly Participant[] {
  const counted = new Map<string, Participant>();
  for (const { principal } of sockets) add(counted, { user: userOf(principal), connections: 1 });
  return fitting([...counted.values()]);
}

/** One list of what several gateways know. */
export function merged(lists: Iterable<readonly Participant[]>): readonly Participant[] {
  const counted = new Map<string, Participant>();
  for (const list of lists) for (const participant of list) add(counted, participant);
  return fitting([...counted.values()]);
}

/** Who is in the second list and not in the first. */
export function usersAdded(before: readonly Participant[], after: readonly Participant[]): readonly User[] {
  const known = new Set(before.map(({ user }) => keyOf(user)));
  return after.map(({ user }) => user).filter((user) => !known.has(keyOf(user)));
}

/** Whether both lists name the same with as many sockets, in whatever order. */
export function isSame(one: readonly Participant[], other: readonly Participant[]): boolean {
  if (one.length !== other.length) return false;
  const known = new Map(one.map((participant) => [keyOf(participant.user), participant]));
  return other.every(({ user, connections }) => {
    const found = known.get(keyOf(user));
    return found?.connections === connections && found.user?.name === user?.name;
  });
}

function userOf(principal: Pick<Principal, 'sub' | 'name'> | undefined): User {
  if (principal === undefined) return null;
  const { sub: id, name } = principal;
  return name === undefined ? { id } : { id, name };
}

function add(counted: Map<string, Participant>, { user, connections }: Participant): void {
  const key = keyOf(user);
  const known = counted.get(key);
  counted.set(key, { user: known?.user ?? user, connections: connections + (known?.connections ?? 0) });
}

/** A user's id is never empty. */
function keyOf(user: User): string {
  return user?.id ?? '';
}

function fitting(participants: readonly Participant[]): readonly Participant[] {
  if (participants.length <= ALWAYS_FIT) return participants;
  let bytes = 0;
  const end = participants.findIndex((participant) => {
    bytes += Buffer.byteLength(JSON.stringify(participant)) + 1;
    return bytes > MAX_LIST_BYTES;
  });
  return end < 0 ? participants : participants.slice(0, end);
}
