import { describe, expect, test } from 'vitest';
import {
  encodeEvent,
  encodeInvestigationUpdate,
  serverEnvelope,
  serverEventData,
  type ServerEnvelope,
} from '../../../../shared/socket-protocol/server-events.ts';

/** The envelope as a client reads it. */
function read(text: string): ServerEnvelope {
  return serverEnvelope.parse(JSON.parse(text));
}

const IDENTITY = { id: 'event-1', timestampMs: Date.UTC(2026, 0, 31, 12) };

describe('encodeEvent', () => {
  test('writes the envelope of the contract, type first and the brace last', () => {
    expect(encodeEvent('pong', {}, IDENTITY)).toBe(
      '{"type":"pong","data":{},"timestamp":"2026-01-31T12:00:00.000Z","id":"event-1"}',
    );
  });

  test('is the same for the same identity', () => {
    const data = { request_id: 'r', attempt: 2 };
    expect(encodeEvent('chat_restart', data, IDENTITY)).toBe(encodeEvent('chat_restart', data, IDENTITY));
  });

  test('makes an identity of its own when none is given', () => {
    const before = Date.now();
    const [one, other] = [encodeEvent('pong', {}), encodeEvent('pong', {})].map(read);
    expect(one?.id).not.toBe(other?.id);
    expect(Date.parse(one?.timestamp ?? '')).toBeGreaterThanOrEqual(before);
  });

  test('keeps what people write: emojis, quotes, separators, halves of pairs', () => {
    const message = 'Olá "🇧🇷" \\ \u2028 \0 </script> \ud83d';
    const text = encodeEvent('chat_accepted', { request_id: 'r', role: 'user', message }, IDENTITY);
    const bytes = Buffer.from(text);
    expect(serverEventData.chat_accepted.parse(read(bytes.toString()).data).message).toBe(message);
    expect(text).not.toContain('\0');
  });

  test('leaves out what is not there', () => {
    const text = encodeEvent('error', { code: 'LIMIT', message: 'Limite atingido' }, IDENTITY);
    expect(Object.keys(read(text).data)).toEqual(['code', 'message']);
  });
});

describe('encodeInvestigationUpdate', () => {
  test('has the kind in its type', () => {
    const data = { found: true, investigation_id: 'INV-1', update_type: 'finding' };
    expect(JSON.parse(encodeInvestigationUpdate('finding', data, IDENTITY))).toEqual({
      type: 'investigation_finding',
      data,
      timestamp: '2026-01-31T12:00:00.000Z',
      id: 'event-1',
    });
  });
});
