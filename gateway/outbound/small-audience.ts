import { NOBODY, sizeOf, withMember, withoutMember, type Members } from '../../shared/members.ts';

/** The sockets of one channel that stand where it stands, where they are never so many that groups are worth it. */
export class SmallAudience<Attached> implements Disposable {
  #alone: Members<Attached> = NOBODY;

  /** Who is sent to one by one: everybody. */
  get alone(): Members<Attached> {
    return this.#alone;
  }

  get size(): number {
    return sizeOf(this.#alone);
  }

  add(member: Attached): void {
    this.#alone = withMember(this.#alone, member);
  }

  delete(member: Attached): void {
    this.#alone = withoutMember(this.#alone, member);
  }

  prepare(): void {
    // Nobody is in a group.
  }

  send(): number {
    return 0;
  }

  [Symbol.dispose](): void {
    // Nobody else knows of it.
  }
}
