import type { Placed } from './coverage.ts';
import { EventCursor } from './event-cursor.ts';
import { MAX_ABOVE, type Position } from './position.ts';

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

/** How far one subject was delivered. */
interface Chain {
  last: number;
}

/** What all channels share that nothing was delivered of yet, which are most that are open. Never written to. */
const NO_CHAINS = new Map<string, Chain>();

/** What of a channel was delivered: the arithmetic behind its reader, without any timing. */
export class Delivered {
  #epoch = '';
  /** Everything up to here was delivered, by all that is known. */
  #base = 0;
  /** How far reads without a break have got: what is below was delivered for certain, of every subject. */
  #readEnd = 0;
  /** The last delivered sequence of each subject above that. */
  #chains = NO_CHAINS;
  /** Those of them above the base: what a cursor has to name. */
  #above = NO_CHAINS;
  /** The chunks of an answer come in a row: their chain is at hand without a look-up. */
  #recentSubject: string | undefined;
  #recentChain: Chain | undefined;
  #highest = 0;
  #cursor: EventCursor | undefined;

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
    return { epoch: this.#epoch, base: this.#base, above: this.#sequencesAbove() };
  }

  get isAllBelowBase(): boolean {
    return this.#above.size === 0;
  }

  /** So many subjects are remembered that a read should make an end of them. */
  get isCrowded(): boolean {
    return this.#chains.size > MAX_SUBJECTS;
  }

  /** The last event delivered of a subject, if it is still remembered. */
  lastOf(subject: string): number | undefined {
    return this.#chainOf(subject)?.last;
  }

  verdictOn(event: Linked): Verdict {
    const last = this.#chainOf(event.subject)?.last;
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
    return event.sequence > this.#readEnd && event.sequence > (this.#chainOf(event.subject)?.last ?? 0);
  }

  /** The cursor that goes with an event; `base` is what is complete once it was delivered. */
  cursorAfter(event: Placed, base: number = this.#base): EventCursor {
    const cursor = (this.#cursor ??= new EventCursor());
    const chain = this.#chainOf(event.subject);
    const isAbove = chain !== undefined && chain.last > this.#base;
    let count = 0;
    if (this.#above.size > (isAbove ? 1 : 0)) {
      for (const other of this.#above.values()) {
        if (other !== chain && other.last > base) count = insertAscending(cursor.above, count, other.last);
      }
    }
    if (event.sequence > base) count = insertAscending(cursor.above, count, event.sequence);
    cursor.epoch = this.#epoch;
    cursor.base = base;
    cursor.count = count;
    return cursor;
  }

  remember(event: Placed): void {
    const { subject, sequence } = event;
    const chain = this.#chainOf(subject) ?? this.#newChain(subject);
    if (sequence > this.#base && chain.last <= this.#base) this.#above.set(subject, chain);
    chain.last = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
  }

  /** A read that began after `start` has brought everything up to here. */
  readUpTo(sequence: number, start: number): void {
    this.moveBase(sequence);
    if (start > this.#readEnd || sequence <= this.#readEnd) return;
    this.#readEnd = sequence;
    for (const [subject, { last }] of this.#chains) if (last <= sequence) this.#chains.delete(subject);
    this.#recentSubject = undefined;
  }

  /** Takes back what the base only assumed, as far as a cursor can name what was delivered above it. */
  fallBack(): void {
    const delivered = [...this.#chains].sort(([, one], [, other]) => one.last - other.last);
    const unnamed = delivered.splice(0, Math.max(0, delivered.length - MAX_ABOVE));
    this.#base = Math.min(this.#base, unnamed.at(-1)?.[1].last ?? this.#readEnd);
    this.#above.clear();
    for (const [subject, chain] of delivered) if (chain.last > this.#base) this.#above.set(subject, chain);
  }

  /** Everything up to here is known to be delivered. What live events are linked to stays remembered. */
  moveBase(sequence: number): void {
    if (sequence <= this.#base) return;
    this.#base = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    for (const [subject, { last }] of this.#above) if (last <= sequence) this.#above.delete(subject);
  }

  /** Another storage, or one that lost its end: its sequences have nothing to do with what was known. */
  restart(epoch: string, base: number): void {
    this.#epoch = epoch;
    this.#chains.clear();
    this.#above.clear();
    this.#recentSubject = undefined;
    this.#base = base;
    this.#readEnd = base;
    this.#highest = base;
  }

  #chainOf(subject: string): Chain | undefined {
    if (subject !== this.#recentSubject) {
      this.#recentSubject = subject;
      this.#recentChain = this.#chains.get(subject);
    }
    return this.#recentChain;
  }

  #newChain(subject: string): Chain {
    const chain = { last: 0 };
    if (this.#chains === NO_CHAINS) {
      this.#chains = new Map();
      this.#above = new Map();
    }
    this.#chains.set(subject, chain);
    this.#recentSubject = subject;
    this.#recentChain = chain;
    return chain;
  }

  #sequencesAbove(): readonly number[] {
    return Array.from(this.#above.values(), ({ last }) => last).sort(ascending);
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
