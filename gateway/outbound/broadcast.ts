import type { Frame } from '../transport/transport.ts';

/** One socket, as a group of those that get the same frames sees it. */
export interface Listener {
  /**
   * Has the transport send it what is sent to the group. False, and nothing done, while anything waits for it:
   * a group's frames and its own could change places.
   */
  enter(group: string): boolean;
  leave(group: string): void;
  /** Takes a frame that was promised to the group before it left. */
  takePromised(frame: Frame): void;
  /** What the kernel has not taken yet, looked up now, bytes. */
  unsentBytes(): number;
}

/** Sockets that the transport hands a frame to in one call, so few that this never holds the loop up for long. */
export interface Group<Member> {
  readonly name: string;
  readonly members: Set<Member>;
  /** Sent with the group's next turn. */
  pending: Frame[];
}

/** The groups of one channel. */
export interface Broadcaster {
  /** Sends away who does not read as fast as it is written to: from then on it is sent to alone. */
  sweep(): void;
  /** Takes in some of those who have nothing waiting, while nothing is pending. Returns whether it was all. */
  gather(atMost: number): boolean;
}

/**
 * A delivery costs 4 to 8 µs, all of it in one call for a whole group: so many sockets, at most, are sent to
 * in one turn of the loop.
 */
export const SOCKETS_PER_TURN = 512;

/**
 * The transport's own publishing, made safe: it drops frames for a slow reader without a word. So no socket is
 * in a group for which as much as `allowanceBytes` may wait unseen: whenever that much was published, everyone
 * is looked at, and who has anything unsent leaves the groups before more is.
 */
export class Broadcast {
  readonly #allowanceBytes: number;
  readonly #publish: (group: string, frame: Frame) => void;
  readonly #audiences = new Set<Broadcaster>();
  readonly #waiting = new Set<Group<unknown>>();
  readonly #gathering = new Set<Broadcaster>();
  #publishedBytes = 0;
  #scheduled = false;
  #groupCount = 0;

  constructor(allowanceBytes: number, publish: (group: string, frame: Frame) => void) {
    this.#allowanceBytes = allowanceBytes;
    this.#publish = publish;
  }

  add(audience: Broadcaster): void {
    this.#audiences.add(audience);
  }

  delete(audience: Broadcaster): void {
    this.#audiences.delete(audience);
    this.#gathering.delete(audience);
  }

  newGroup<Member>(): Group<Member> {
    this.#groupCount += 1;
    return { name: String(this.#groupCount), members: new Set(), pending: [] };
  }

  /** Whether a frame of this size may go to groups at all. Called before it does: it sends slow readers away. */
  admits(bytes: number): boolean {
    if (bytes > this.#allowanceBytes) return false;
    if (this.#publishedBytes + bytes > this.#allowanceBytes) {
      for (const audience of this.#audiences) audience.sweep();
      this.#publishedBytes = 0;
    }
    this.#publishedBytes += bytes;
    return true;
  }

  send(group: Group<unknown>, frame: Frame): void {
    group.pending.push(frame);
    this.#waiting.add(group);
    this.#schedule();
  }

  /** Has the audience take in who has nothing waiting, once what there is now is on its way. */
  gatherSoon(audience: Broadcaster): void {
    this.#gathering.add(audience);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    let deliveries = 0;
    for (const group of this.#waiting) {
      const wanted = group.members.size * group.pending.length;
      if (deliveries > 0 && deliveries + wanted > SOCKETS_PER_TURN) break;
      deliveries += wanted;
      this.#waiting.delete(group);
      const { pending } = group;
      group.pending = [];
      for (const frame of pending) this.#publish(group.name, frame);
    }
    // Who enters a group is not meant by what is pending there.
    if (this.#waiting.size === 0) this.#gather();
    if (this.#waiting.size > 0 || this.#gathering.size > 0) this.#schedule();
  };

  #gather(): void {
    const [audience] = this.#gathering;
    if (audience?.gather(SOCKETS_PER_TURN) === true) this.#gathering.delete(audience);
  }
}
