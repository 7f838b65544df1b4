import { describe, expect, test } from 'vitest';
import { writtenAtMs } from '../../../../shared/socket-protocol/event-time.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';

const at = Date.UTC(2026, 0, 31, 12, 34, 56, 789);

describe('when an event was written', () => {
  test('is read from its last bytes', () => {
    const event = encodeEvent('pong', {}, { timestampMs: at });
    expect(writtenAtMs(Buffer.from(event))).toBe(at);
    const inside = Buffer.from(`xx${event}`).subarray(2);
    expect(writtenAtMs(inside)).toBe(at);
  });

  test.each([
    '',
    '{}',
    '{"type":"claim","data":{"attempt":1,"worker":"w","item":1,"as_of":0}}',
    encodeEvent('pong', {}, { timestampMs: at, id: 'short' }),
    `${'x'.repeat(100)}Z","id":"00000000-0000-0000-0000-000000000000"}`,
  ])('is not known of %j', (text) => {
    expect(writtenAtMs(Buffer.from(text))).toBeUndefined();
  });
});
