import type { StreamBounds } from '../bus/bus.ts';
import { MAX_CURSOR_CHARACTERS } from '../socket-protocol/limits.ts';

/**
 * A place in one channel: everything up to `base` was delivered, and above it, of some subjects,
 * everything up to these sequences. Events of different writers are not always republished in the order
 * they were stored in, so a single number would lose some.
 */
export interface Position {
  /** Names the storage the sequences belong to. */
  readonly epoch: string;
  readonly base: number;
  /** Ascending; each is the last delivered sequence of its subject. */
  readonly above: readonly number[];
}

/** More subjects than this above the base and the reader catches up first, which moves the base. */
export const MAX_ABOVE = 32;

/** Whether a position still means something in the stream as it is. */
export function isRecoverable(position: Position, bounds: StreamBounds): boolean {
  const { epoch, base, above } = position;
  return epoch === bounds.epoch && base + 1 >= bounds.first && (above.at(-1) ?? base) <= bounds.last;
}

const VERSION = 1;
const EPOCH_CHARACTERS = 8;
const EPOCH = /^[A-Za-z0-9_-]{8}$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** The opaque string clients keep: version, epoch, then base and differences as variable-length numbers. */
export function encodeCursor(position: Position): string {
  return encodeCursorParts(position.epoch, position.base, position.above);
}

/**
 * The same without an object to hold the parts: this runs once per event. The first `count` of `above`
 * are ascending.
 */
export function encodeCursorParts(
  epoch: string,
  base: number,
  above: readonly number[],
  count = above.length,
): string {
  scratch[0] = VERSION;
  let length = writeVarint(1, base);
  let previous = base;
  for (let index = 0; index < count; index += 1) {
    const sequence = above[index] ?? previous;
    length = writeVarint(length, sequence - previous);
    previous = sequence;
  }
  return epoch + scratch.toString('base64url', 0, length);
}

/** The position behind a cursor; undefined for a string that is none. */
export function decodeCursor(cursor: string): Position | undefined {
  if (cursor.length <= EPOCH_CHARACTERS || cursor.length > MAX_CURSOR_CHARACTERS) return undefined;
  const epoch = cursor.slice(0, EPOCH_CHARACTERS);
  const rest = cursor.slice(EPOCH_CHARACTERS);
  if (!EPOCH.test(epoch) || !BASE64URL.test(rest)) return undefined;
  const bytes = Buffer.from(rest, 'base64url');
  if (bytes[0] !== VERSION) return undefined;
  const numbers = readVarints(bytes.subarray(1));
  const [base, ...differences] = numbers ?? [];
  if (base === undefined || differences.length > MAX_ABOVE || differences.includes(0)) return undefined;
  const above: number[] = [];
  let sequence = base;
  for (const difference of differences) above.push((sequence += difference));
  if (!Number.isSafeInteger(sequence)) return undefined;
  const position = { epoch, base, above };
  // One position has one cursor: anything else was made up.
  return encodeCursor(position) === cursor ? position : undefined;
}

/** Room for the version, the base and the most differences, eight bytes of seven bits each. */
const scratch = Buffer.alloc(1 + 8 * (1 + MAX_ABOVE));

function writeVarint(start: number, value: number): number {
  let offset = start;
  let left = value;
  while (left >= 0x80) {
    scratch[offset] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
    offset += 1;
  }
  scratch[offset] = left;
  return offset + 1;
}

function readVarints(bytes: Uint8Array): number[] | undefined {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  let open = false;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    open = byte >= 0x80;
    if (open) scale *= 0x80;
    else {
      if (!Number.isSafeInteger(value)) return undefined;
      numbers.push(value);
      value = 0;
      scale = 1;
    }
    if (scale > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return open ? undefined : numbers;
}
