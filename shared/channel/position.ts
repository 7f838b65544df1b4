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
export function encodeCursor({ epoch, base, above }: Position): string {
  const length = writeCursor(characters, 0, { epoch, base, above, count: above.length });
  return characters.toString('latin1', 0, length);
}

/** What a cursor is made of. The first `count` of `above` are ascending. */
export interface CursorParts {
  readonly epoch: string;
  readonly base: number;
  readonly above: readonly number[];
  readonly count: number;
}

/**
 * Writes the characters of a cursor, at most `MAX_CURSOR_CHARACTERS`: this runs once per event, and a string
 * costs three times as much.
 * @returns where they end
 */
export function writeCursor(target: Uint8Array, start: number, parts: CursorParts): number {
  const { epoch, base, above, count } = parts;
  numbers[0] = VERSION;
  let length = writeVarint(1, base);
  let previous = base;
  for (let index = 0; index < count; index += 1) {
    const sequence = above[index] ?? previous;
    length = writeVarint(length, sequence - previous);
    previous = sequence;
  }
  let offset = start;
  for (let index = 0; index < EPOCH_CHARACTERS; index += 1) target[offset++] = epoch.charCodeAt(index);
  return writeBase64Url(target, offset, length);
}

/** The storage that a cursor belongs to. */
export function epochOf(cursor: string): string {
  return cursor.slice(0, EPOCH_CHARACTERS);
}

/** The position behind a cursor; undefined for a string that is none. */
export function decodeCursor(cursor: string): Position | undefined {
  if (cursor.length <= EPOCH_CHARACTERS || cursor.length > MAX_CURSOR_CHARACTERS) return undefined;
  const epoch = epochOf(cursor);
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
const numbers = new Uint8Array(1 + 8 * (1 + MAX_ABOVE));
const characters = Buffer.alloc(MAX_CURSOR_CHARACTERS);

function writeVarint(start: number, value: number): number {
  let offset = start;
  let left = value;
  while (left >= 0x80) {
    numbers[offset] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
    offset += 1;
  }
  numbers[offset] = left;
  return offset + 1;
}

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** The first `length` of `numbers`, without padding. */
function writeBase64Url(target: Uint8Array, start: number, length: number): number {
  let offset = start;
  let bits = 0;
  let bitCount = 0;
  for (let index = 0; index < length; index += 1) {
    bits = (bits << 8) | (numbers[index] ?? 0);
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      target[offset++] = ALPHABET[(bits >> bitCount) & 0x3f] ?? 0;
    }
    bits &= (1 << bitCount) - 1;
  }
  if (bitCount > 0) target[offset++] = ALPHABET[(bits << (6 - bitCount)) & 0x3f] ?? 0;
  return offset;
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
