import {
  SOCKETS_PER_TURN,
  type Broadcast,
  type Broadcaster,
  type Group,
  type Listener,
} from './broadcast.ts';

/** Fewer than this are sent to one by one: groups have to be looked after. */
const SMALLEST = 32;

interface Member {
  readonly receiver: Partial<Listener>;
}

/**
 * The sockets of one channel that stand where it stands. Those with nothing waiting for them are gathered in
 * groups, each of which is one call of the transport; the others are `alone`.
 */
export class Audience<Attached extends Member> implements Broadcaster, Disposable {
  /** Who is sent to one by one. */
  readonly alone = new Set<Attached>();
  readonly #broadcast: Broadcast;
  readonly #groups: Group<Attached>[] = [];
  readonly #groupOf = new Map<Attached, Group<Attached>>();
  /** Who is still to be asked to enter a group. */
  #candidates: Iterator<Attached> | undefined;

  constructor(broadcast: Broadcast) {
    this.#broadcast = broadcast;
    broadcast.add(this);
  }

  get size(): number {
    return this.alone.size + this.#groupOf.size;
  }

  add(member: Attached): void {
    this.alone.add(member);
    this.#gatherSoon();
  }

  /** What was sent to it before, it still gets. */
  delete(member: Attached): void {
    if (!this.alone.delete(member)) this.#release(member);
  }

  /** To be called before a frame is sent to anybody: who reads too slowly for a group, or all, may leave theirs. */
  prepare(bytes: number): void {
    if (this.#groupOf.size === 0) return;
    if (!this.#broadcast.admits(bytes)) this.#sendAway(() => true);
  }

  /** Sends to everybody who is in a group, which is how many are returned. The others are `alone`. */
  send(frame: Uint8Array): number {
    if (this.#groupOf.size > 0) {
      // Its bytes are only lent for this turn of the loop, and a group may have to wait for a later one.
      const kept = new Uint8Array(frame);
      for (const group of this.#groups) if (group.members.size > 0) this.#broadcast.send(group, kept);
    }
    this.#gatherSoon();
    return this.#groupOf.size;
  }

  sweep(): void {
    // What is still pending has been seen by nobody, either.
    this.#sendAway((member) => {
      const group = this.#groupOf.get(member);
      return (group?.pending.length ?? 0) > 0 || (member.receiver.unsentBytes?.() ?? 0) > 0;
    });
  }

  gather(atMost: number): boolean {
    if (this.size < SMALLEST) {
      this.#candidates = undefined;
      return true;
    }
    this.#candidates ??= [...this.alone].values();
    for (let count = 0; count < atMost; count += 1) {
      const next = this.#candidates.next();
      if (next.done === true) {
        this.#candidates = undefined;
        return true;
      }
      if (this.alone.has(next.value)) this.#enter(next.value);
    }
    return false;
  }

  [Symbol.dispose](): void {
    this.#broadcast.delete(this);
  }

  #gatherSoon(): void {
    if (this.alone.size > 0 && this.size >= SMALLEST) this.#broadcast.gatherSoon(this);
  }

  #enter(member: Attached): void {
    const group = this.#roomyGroup();
    if (member.receiver.enter?.(group.name) !== true) return;
    group.members.add(member);
    this.#groupOf.set(member, group);
    this.alone.delete(member);
  }

  #roomyGroup(): Group<Attached> {
    const roomy = this.#groups.find(({ members }) => members.size < SOCKETS_PER_TURN);
    if (roomy !== undefined) return roomy;
    const group = this.#broadcast.newGroup<Attached>();
    this.#groups.push(group);
    return group;
  }

  #sendAway(isMeant: (member: Attached) => boolean): void {
    for (const member of [...this.#groupOf.keys()].filter(isMeant)) {
      this.#release(member);
      this.alone.add(member);
    }
  }

  #release(member: Attached): void {
    const group = this.#groupOf.get(member);
    if (group === undefined) return;
    this.#groupOf.delete(member);
    group.members.delete(member);
    for (const frame of group.pending) member.receiver.takePromised?.(frame);
    member.receiver.leave?.(group.name);
  }
}
