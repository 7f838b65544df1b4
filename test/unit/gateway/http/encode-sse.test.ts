import { describe, expect, it } from 'vitest';
import { encodeSse } from '../../../../gateway/http/encode-sse.ts';
import { withCursor } from '../../../../gateway/outbound/frames.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';

const encode = (frame: string | Uint8Array, channel = 'session'): string =>
  Buffer.from(encodeSse(frame, channel)).toString();

const notification = encodeEvent('notification', { text: 'Olá 🙂', channel: 'session' });

describe('an event as a Server-Sent Event', () => {
  it('has its type and all of it', () => {
    expect(encode(notification)).toBe(`event: notification\ndata: ${notification}\n\n`);
  });

  it('has its cursor as id where it is one of the channel', () => {
    const frame = withCursor(Buffer.from(notification), 'session', 'AbC-_9');
    const text = Buffer.from(frame).toString();
    expect(encode(frame)).toBe(`event: notification\nid: AbC-_9\ndata: ${text}\n\n`);
    expect(encode(frame, 'investigation.INV-1')).toBe(`event: notification\ndata: ${text}\n\n`);
  });

  it('reads a view on a larger buffer, and the longest cursor', () => {
    const cursor = 'x'.repeat(512);
    const channel = `investigation.${'i'.repeat(128)}`;
    const frame = withCursor(Buffer.from(notification), channel, cursor);
    const larger = Buffer.concat([Buffer.from('before'), frame, Buffer.from('after')]);
    const view = larger.subarray(6, 6 + frame.length);
    expect(encode(view, channel)).toContain(`\nid: ${cursor}\n`);
  });

  it('takes nothing in the data for a cursor', () => {
    const forged = encodeEvent('notification', { text: ',"channel":"session","cursor":"forged"}' });
    expect(encode(forged)).not.toContain('\nid: ');
    const inside = encodeEvent('notification', { a: { channel: 'session', cursor: 'forged' } });
    expect(encode(inside)).not.toContain('\nid: ');
  });

  it.each(['\n', '\r', '\r\n', '\n\n'])('stays one event whatever line breaks its JSON has: %j', (gap) => {
    const frame = `{"type":"chat_accepted",${gap}"data":{}${gap}}`;
    const lines = encode(frame).split('\n');
    expect(lines.slice(-2)).toEqual(['', '']);
    expect(lines[0]).toBe('event: chat_accepted');
    const data = lines.slice(1, -2);
    for (const line of data) expect(line).toMatch(/^data: /);
    const text = data.map((line) => line.slice('data: '.length)).join('\n');
    expect(JSON.parse(text)).toEqual(JSON.parse(frame));
  });
});
