import { MAX_CURSOR_CHARACTERS } from '../../shared/socket-protocol/limits.ts';

/** How a finished event ends. */
export const CLOSING_BRACE = 0x7d;

/** What comes between an event without its closing brace and its cursor. The channel is an identifier. */
export function cursorTail(channel: string): string {
  return `,"channel":"${channel}","cursor":"`;
}

/**
 * Adds `channel` and `cursor` to a finished event without parsing it: they replace its closing brace. The
 * cursor is base64url and the channel an identifier, so neither needs escaping.
 */
export function withCursor(event: Uint8Array, channel: string, cursor: string): Uint8Array {
  return Buffer.concat([event.subarray(0, -1), Buffer.from(`${cursorTail(channel)}${cursor}"}`, 'latin1')]);
}

/** Whether the bytes end as a JSON object does: what adding a cursor relies on. */
export function endsAsObject(event: Uint8Array): boolean {
  return event.length > 2 && event[event.length - 1] === CLOSING_BRACE;
}

const MAX_TAIL_BYTES = MAX_CURSOR_CHARACTERS + 8;

/** The cursor of a frame that has one. */
export function cursorOf(frame: Uint8Array): string {
  const end = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
    .subarray(-MAX_TAIL_BYTES)
    .toString('latin1');
  return end.slice(end.lastIndexOf(':"') + 2, -2);
}
