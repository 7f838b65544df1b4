import type { StreamBounds } from '../bus/bus.ts';
import { Coverage, type Placed } from './coverage.ts';
import { encodeCursor, isRecoverable, type Position } from './position.ts';

/**
 * Somebody who stands elsewhere than the channel and wants to be level with it. The channel holds its live
 * events for as long as that takes: who is far away comes near by a read of its own first.
 */
export interface JoinRequest<Event> {
  readonly position: Position;
  /** Told of what it lacks, in order. One that throws is not served any further. */
  readonly deliver: (event: Event, cursor: string) => void;
  /**
   * Called at the very moment it is level: whatever the channel delivers from then on it has to get too.
   * `recovered` is false when the position could not be honoured and all that is kept was delivered.
   */
  readonly onLevel: (result: { readonly recovered: boolean }) => void;
}

/** One who waits to be level, over as many reads as that takes. */
export class Joiner<Event extends Placed> {
  readonly #request: JoinRequest<Event>;
  #position: Position;
  #coverage: Coverage<Event> | undefined;
  /** How far the read has got that was begun last. */
  #reached = 0;
  #recovered = true;
  #isOver = false;

  constructor(request: JoinRequest<Event>) {
    this.#request = request;
    this.#position = request.position;
  }

  /** Level, or gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  withdraw(): void {
    this.#isOver = true;
  }

  /** A read is about to begin, perhaps another after one that broke off. Returns what it may leave out. */
  start(bounds: StreamBounds): number {
    this.#position = this.#coverage?.positionAfter(this.#reached) ?? this.#position;
    if (!isRecoverable(this.#position, bounds)) {
      this.#recovered = false;
      this.#position = { epoch: bounds.epoch, base: bounds.first - 1, above: [] };
    }
    const position = this.#position;
    this.#reached = position.base;
    this.#coverage = new Coverage<Event>(position, (event) => {
      this.#hand(event, position);
    });
    return position.base;
  }

  /** The next event of the read. */
  offer(event: Event): void {
    this.#coverage?.offer(event);
    this.#reached = event.sequence;
  }

  /** The read is complete, and so is what was lacking. */
  level(): void {
    this.#coverage?.end();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#request.onLevel({ recovered: this.#recovered });
  }

  #hand(event: Event, { epoch, above }: Position): void {
    if (this.#isOver) return;
    const later = above.length === 0 ? above : above.filter((sequence) => sequence > event.sequence);
    try {
      this.#request.deliver(event, encodeCursor({ epoch, base: event.sequence, above: later }));
    } catch (error) {
      // Or the same event would fail the next read too, for everybody.
      this.#isOver = true;
      throw error;
    }
  }
}
