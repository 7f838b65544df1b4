import type { Placed } from './coverage.ts';
import { encodeCursorParts, MAX_ABOVE, type Position } from './position.ts';

/** An event of the live path: it names the one before it on its subject, 0 when it is the first. */
export interface Linked extends Placed {
  readonly previousSequence: number;
}

/**
 * - `seen`: it was delivered before
 * - `next`: the one before it on its subject was delivered
 * - `unlinked`: the one before it is missing
 * - `no room`: it would be next, but one subject more than a cursor can name
 */
export type Verdict = 'seen' | 'next' | 'unlinked' | 'no room';

/** Subjects remembered since the last read of everything; such a read forgets them. */
const MAX_SUBJECTS = 256;

/** What of a channel was delivered: the arithmetic behind its reader, without any timing. */
export class Delivered {
  #epoch = '';
  /** Everything up to here was delivered, by all that is known. */
  #base = 0;
  /** How far reads without a break have got: what is below was delivered for certain, of every subject. */
  #readEnd = 0;
  /** The last delivered sequence of each subject above that. */
  readonly #last = new Map<string, number>();
  /** Those of them above the base: what a cursor has to name. */
  readonly #above = new Map<string, number>();
  #highest = 0;
  /** What a cursor names: used again for every event. */
  readonly #named: number[] = [];

  get epoch(): string {
    return this.#epoch;
  }

  get base(): number {
    return this.#base;
  }

  get readEnd(): number {
    return this.#readEnd;
  }

  /** The highest sequence that was delivered, or passed over by a read. */
  get highest(): number {
    return this.#highest;
  }

  get position(): Position {
    return { epoch: this.#epoch, base: this.#base, above: [...this.#above.values()].sort(ascending) };
  }

  get isAllBelowBase(): boolean {
    return this.#above.size === 0;
  }

  /** So many subjects are remembered that a read should make an end of them. */
  get isCrowded(): boolean {
    return this.#last.size > MAX_SUBJECTS;
  }

  /** The last event delivered of a subject, if it is still remembered. */
  lastOf(subject: string): number | undefined {
    return this.#last.get(subject);
  }

  verdictOn(event: Linked): Verdict {
    const last = this.#last.get(event.subject);
    if (event.sequence <= this.#readEnd || (last !== undefined && event.sequence <= last)) return 'seen';
    const isLinked =
      event.previousSequence === 0 ||
      (last === undefined ? event.previousSequence <= this.#readEnd : event.previousSequence === last);
    if (!isLinked) return 'unlinked';
    return this.#above.size < MAX_ABOVE || this.#above.has(event.subject) ? 'next' : 'no room';
  }

  /** Whether an event shows that the base has passed one that was never delivered. */
  disproves(event: Linked): boolean {
    return event.previousSequence <= this.#base && this.verdictOn(event) === 'unlinked';
  }

  /** Whether an event that a read brings, in its order, was not delivered before. */
  isNews(event: Placed): boolean {
    return event.sequence > this.#readEnd && event.sequence > (this.#last.get(event.subject) ?? 0);
  }

  /** The cursor that goes with an event; `base` is what is complete once it was delivered. */
  cursorAfter(event: Placed, base: number = this.#base): string {
    let count = 0;
    const before = this.#above.get(event.subject);
    if (this.#above.size > (before === undefined ? 0 : 1)) {
      for (const last of this.#above.values()) {
        if (last > base && last !== before) count = insertAscending(this.#named, count, last);
      }
    }
    if (event.sequence > base) count = insertAscending(this.#named, count, event.sequence);
    return encodeCursorParts(this.#epoch, base, this.#named, count);
  }

  remember(event: Placed): void {
    this.#last.set(event.subject, event.sequence);
    if (event.sequence > this.#base) this.#above.set(event.subject, event.sequence);
    if (event.sequence > this.#highest) this.#highest = event.sequence;
  }

  /** A read that began after `start` has brought everything up to here. */
  readUpTo(sequence: number, start: number): void {
    this.moveBase(sequence);
    if (start > this.#readEnd || sequence <= this.#readEnd) return;
    this.#readEnd = sequence;
    for (const [subject, last] of this.#last) if (last <= sequence) this.#last.delete(subject);
  }

  /** Takes back what the base only assumed, as far as a cursor can name what was delivered above it. */
  fallBack(): void {
    const delivered = [...this.#last].sort(([, one], [, other]) => one - other);
    const unnamed = delivered.splice(0, Math.max(0, delivered.length - MAX_ABOVE));
    this.#base = Math.min(this.#base, unnamed.at(-1)?.[1] ?? this.#readEnd);
    this.#above.clear();
    for (const [subject, last] of delivered) if (last > this.#base) this.#above.set(subject, last);
  }

  /** Everything up to here is known to be delivered. What live events are linked to stays remembered. */
  moveBase(sequence: number): void {
    if (sequence <= this.#base) return;
    this.#base = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    for (const [subject, last] of this.#above) if (last <= sequence) this.#above.delete(subject);
  }

  /** Another storage, or one that lost its end: its sequences have nothing to do with what was known. */
  restart(epoch: string, base: number): void {
    this.#epoch = epoch;
    this.#last.clear();
    this.#above.clear();
    this.#base = base;
    this.#readEnd = base;
    this.#highest = base;
  }
}

/** Sorts by insertion, in an array that is there already: they are few, and this runs once per event. */
function insertAscending(list: number[], count: number, value: number): number {
  let index = count;
  for (; index > 0; index -= 1) {
    const before = list[index - 1] ?? 0;
    if (before <= value) break;
    list[index] = before;
  }
  list[index] = value;
  return count + 1;
}

function ascending(one: number, other: number): number {
  return one - other;
}
