import type { EventCursor } from '../../shared/channel/event-cursor.ts';
import { MAX_CURSOR_CHARACTERS } from '../../shared/socket-protocol/limits.ts';
import { CLOSING_BRACE } from './frames.ts';

/** Half of it is at hand: at 10,000 chunks a second that is five seconds of them. */
const CAPACITY_BYTES = 32 * 1024 * 1024;
const QUOTE = 0x22;

/**
 * The frames that this gateway's channels sent last, one behind the other in one piece of memory that is
 * written round and round: a chunk allocates nothing that has to be collected, and who comes back soon is
 * served from here.
 */
export class FrameLog {
  readonly #capacityBytes: number;
  #bytes: Buffer;
  /** All that was ever written: a frame's place, modulo the capacity, is where it stands. */
  #written = 0;
  /** Frames before this place are not here any more. */
  #oldest = 0;
  /** Frames up to this place are on their way: no view on them is needed any more. */
  #flushed = 0;
  #isFlushAwaited = false;

  constructor(capacityBytes = CAPACITY_BYTES) {
    this.#capacityBytes = capacityBytes;
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  /** The place behind the last frame. */
  get end(): number {
    return this.#written;
  }

  /**
   * Writes the frame of a finished event: `tail` and the cursor replace its closing brace. The view it returns
   * holds until the flush of this turn of the loop.
   */
  append(event: Uint8Array, tail: Uint8Array, cursor: EventCursor): Uint8Array {
    const start = this.#roomFor(event.length + tail.length + MAX_CURSOR_CHARACTERS + 2);
    const bytes = this.#bytes;
    bytes.set(event, start);
    let at = start + event.length - 1;
    // By hand: they are few, and a call for them costs more.
    for (let index = 0; index < tail.length; index += 1) bytes[at++] = tail[index] ?? 0;
    at = cursor.writeTo(bytes, at);
    bytes[at++] = QUOTE;
    bytes[at++] = CLOSING_BRACE;
    this.#written += at - start;
    return new Uint8Array(bytes.buffer, start, at - start);
  }

  /**
   * The frame at a place, unless others were written over it, or may be before the view is done with: that holds
   * until the flush of this turn of the loop, too.
   */
  frameAt(place: number, bytes: number): Buffer | undefined {
    if (place < Math.max(this.#oldest, this.#written - this.#capacityBytes / 2)) return undefined;
    const start = place % this.#capacityBytes;
    return this.#bytes.subarray(start, start + bytes);
  }

  /** A frame is never cut in two: what is left at the end is passed over. */
  #roomFor(mostBytes: number): number {
    const capacity = this.#capacityBytes;
    if (this.#written - this.#flushed > capacity / 64) this.#awaitFlush(mostBytes);
    const start = this.#written % capacity;
    if (start + mostBytes <= capacity) return start;
    this.#written += capacity - start;
    return 0;
  }

  /** So much in one turn of the loop is rare, and must not overtake what waits for the flush. */
  #awaitFlush(mostBytes: number): void {
    if (!this.#isFlushAwaited) {
      this.#isFlushAwaited = true;
      setImmediate(() => {
        this.#isFlushAwaited = false;
        this.#flushed = this.#written;
      });
    }
    if (this.#written + mostBytes - this.#flushed <= this.#capacityBytes / 2) return;
    // Views on the memory there was keep it.
    this.#bytes = Buffer.allocUnsafeSlow(this.#capacityBytes);
    this.#oldest = this.#written;
    this.#flushed = this.#written;
  }
}
