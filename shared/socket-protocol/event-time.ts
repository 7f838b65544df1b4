/** How an event ends that `encodeEvent` made: its time, then a UUID. */
const TIME_CHARACTERS = '2026-01-31T12:00:00.000Z'.length;
const AFTER_TIME_CHARACTERS = '","id":"'.length + '00000000-0000-0000-0000-000000000000'.length + '"}'.length;

/**
 * When an event was written, milliseconds since the epoch, from its last bytes: it is not parsed for that.
 * Undefined for anything that ends otherwise.
 */
export function writtenAtMs(event: Uint8Array): number | undefined {
  const end = event.length - AFTER_TIME_CHARACTERS;
  const start = end - TIME_CHARACTERS;
  if (start < 0 || event[end - 1] !== LETTER_Z) return undefined;
  const text = Buffer.from(event.buffer, event.byteOffset + start, TIME_CHARACTERS).toString('latin1');
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

const LETTER_Z = 0x5a;
