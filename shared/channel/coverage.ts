import type { Position } from './position.ts';

/** What an ordered read hands over: only these two fields decide. */
export interface Placed {
  readonly subject: string;
  readonly sequence: number;
}

/**
 * Filters an ordered read down to what a position has not had. A position names sequences without their
 * subjects, so events are held back until every named sequence has been met and shown whose it is.
 */
export class Coverage<Event extends Placed> {
  readonly #position: Position;
  readonly #highest: number;
  readonly #deliver: (event: Event) => void;
  readonly #held: Event[] = [];
  readonly #named = new Map<string, number>();
  #resolved: boolean;

  constructor(position: Position, deliver: (event: Event) => void) {
    this.#position = position;
    this.#deliver = deliver;
    this.#highest = position.above.at(-1) ?? position.base;
    this.#resolved = position.above.length === 0;
  }

  /** Events of a read that began at or before `base + 1`, in ascending order. */
  offer(event: Event): void {
    if (event.sequence <= this.#position.base) return;
    if (this.#resolved) {
      this.#pass(event);
      return;
    }
    if (this.#position.above.includes(event.sequence)) this.#named.set(event.subject, event.sequence);
    this.#held.push(event);
    if (event.sequence >= this.#highest) this.end();
  }

  /** The read is over: what is still held back is decided with what was seen. */
  end(): void {
    this.#resolved = true;
    for (const event of this.#held.splice(0)) this.#pass(event);
  }

  /** Where whoever is behind this filter stands when the read broke off after `reached`. */
  positionAfter(reached: number): Position {
    // Unresolved: everything is still held back, nothing was delivered.
    if (!this.#resolved || reached <= this.#position.base) return this.#position;
    const above = this.#position.above.filter((sequence) => sequence > reached);
    return { epoch: this.#position.epoch, base: reached, above };
  }

  #pass(event: Event): void {
    if (event.sequence > (this.#named.get(event.subject) ?? 0)) this.#deliver(event);
  }
}
