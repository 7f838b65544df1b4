import type { Frame } from '../transport/transport.ts';

/** Every event begins so: `type` is its first key. */
const TYPE_START = '{"type":"'.length;
const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Room for a channel's name and a cursor, which end the events that have them. */
const TAIL_BYTES = 768;
const PLACE = /,"channel":"([^"]*)","cursor":"([\w-]+)"\}$/;

/** A finished event as a Server-Sent Event: its type, its cursor if it is one of `channel`, and all of it. */
export function encodeSse(frame: Frame, channel: string): Uint8Array {
  const event =
    typeof frame === 'string'
      ? Buffer.from(frame)
      : Buffer.from(frame.buffer, frame.byteOffset, frame.length);
  const type = event.toString('latin1', TYPE_START, event.indexOf(QUOTE, TYPE_START));
  const [, name, cursor] = PLACE.exec(event.toString('latin1', Math.max(0, event.length - TAIL_BYTES))) ?? [];
  const id = cursor !== undefined && name === channel ? `id: ${cursor}\n` : '';
  return Buffer.concat([Buffer.from(`event: ${type}\n${id}`), ...dataLines(event), END]);
}

const DATA = Buffer.from('data: ');
const END = Buffer.from('\n\n');

/** Nothing this system writes has a line break, but JSON may, and it would end the event. */
function dataLines(event: Buffer): readonly Uint8Array[] {
  if (!event.includes(LINE_FEED) && !event.includes(CARRIAGE_RETURN)) return [DATA, event];
  const lines = event.toString().split(/\r\n|\r|\n/);
  return [Buffer.from(lines.map((line) => `data: ${line}`).join('\n'))];
}
