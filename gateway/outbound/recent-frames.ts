import type { EventCursor } from '../../shared/channel/event-cursor.ts';
import type { TraceContext } from '../../shared/telemetry/trace-context.ts';
import type { SentType } from '../metrics.ts';
import type { PastFrame } from './attachment.ts';
import type { FrameLog } from './frame-log.ts';
import { cursorTail } from './frames.ts';

/** Beyond these a client has missed so much that a read of the stream is as good. */
const MAX_FRAMES = 256;

/** What one channel sent last, as it sent it. */
export class RecentFrames {
  readonly #log: FrameLog;
  readonly #tail: Uint8Array;
  /** Of each frame: its place in the log, and its bytes. */
  #places: number[] = [];
  #types: SentType[] = [];
  /** The trace each belongs to, while traces are exported. */
  #origins: (TraceContext | undefined)[] = [];

  constructor(log: FrameLog, channel: string) {
    this.#log = log;
    this.#tail = Buffer.from(cursorTail(channel));
  }

  /** Makes a finished event the frame that sockets get, and remembers it. */
  append(
    event: Uint8Array,
    cursor: EventCursor,
    type: SentType,
    origin: TraceContext | undefined,
  ): Uint8Array {
    const frame = this.#log.append(event, this.#tail, cursor);
    if (this.#types.length >= 2 * MAX_FRAMES) {
      this.#places = this.#places.slice(2 * MAX_FRAMES);
      this.#types = this.#types.slice(MAX_FRAMES);
      this.#origins = this.#origins.slice(MAX_FRAMES);
    }
    this.#places.push(this.#log.end - frame.length, frame.length);
    this.#types.push(type);
    this.#origins.push(origin);
    return frame;
  }

  /** Whether not even its last frame is here any more. */
  get isEmpty(): boolean {
    const last = this.#places.at(-2);
    return last === undefined || this.#log.frameAt(last, 0) === undefined;
  }

  /** The frames that followed the one with this cursor; undefined when that is not here any more. */
  after(cursor: string): readonly PastFrame[] | undefined {
    const ending = Buffer.from(`"cursor":"${cursor}"}`);
    const frames: PastFrame[] = [];
    for (let index = this.#types.length - 1; index >= 0; index -= 1) {
      const frame = this.#log.frameAt(this.#places[2 * index] ?? 0, this.#places[2 * index + 1] ?? 0);
      if (frame === undefined) return undefined;
      if (frame.subarray(-ending.length).equals(ending)) return frames.reverse();
      frames.push({ frame, type: this.#types[index] ?? 'other', origin: this.#origins[index] });
    }
    return undefined;
  }
}
