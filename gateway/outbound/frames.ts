/**
 * Adds `channel` and `cursor` to a finished event without parsing it: they replace its closing brace. The
 * cursor is base64url and the channel an identifier, so neither needs escaping.
 */
export function withCursor(event: Uint8Array, channel: string, cursor: string): Uint8Array {
  const tail = `,"channel":"${channel}","cursor":"${cursor}"}`;
  const end = event.length - 1;
  const frame = Buffer.allocUnsafe(end + tail.length);
  frame.set(event);
  frame.write(tail, end, 'latin1');
  return frame;
}

/** Whether the bytes end as a JSON object does: what `withCursor` relies on. */
export function endsAsObject(event: Uint8Array): boolean {
  return event.length > 2 && event[event.length - 1] === CLOSING_BRACE;
}

const CLOSING_BRACE = 0x7d;
