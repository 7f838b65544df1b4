import { encodeCursor, writeCursor } from './position.ts';

/** The cursor that goes with an event. It lasts until the next event: who keeps it keeps its text. */
export class EventCursor {
  epoch = '';
  base = 0;
  /** Ascending up to `count`; an array that is used again for every event. */
  readonly above: number[] = [];
  count = 0;

  /** @returns where its characters, at most `MAX_CURSOR_CHARACTERS`, end in `target` */
  writeTo(target: Uint8Array, start: number): number {
    return writeCursor(target, start, this);
  }

  toString(): string {
    return encodeCursor({ epoch: this.epoch, base: this.base, above: this.above.slice(0, this.count) });
  }
}
