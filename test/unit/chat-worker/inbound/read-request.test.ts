import { describe, expect, test } from 'vitest';
import { readRequest } from '../../../../chat-worker/inbound/read-request.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';

const event = encodeEvent('chat_accepted', { request_id: 'r', role: 'user', message: 'oi' });
const accepted = { message_id: 'm', event };
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe('the payload of a queue item', () => {
  test('says what is asked', () => {
    const payload = {
      accepted,
      agent_id: 'zumbi',
      asker: { sub: 'u', investigations: ['I'] },
      subscriptions: ['J'],
    };
    expect(readRequest(bytes(payload), 'r')).toEqual({
      accepted: { event, messageId: 'm' },
      agentId: 'zumbi',
      subscriptions: ['J'],
      allowedInvestigations: ['I'],
    });
  });

  test('may leave out what an anonymous asker has not', () => {
    expect(readRequest(bytes({ accepted, asker: {} }), 'r')).toMatchObject({
      agentId: undefined,
      subscriptions: [],
      allowedInvestigations: [],
    });
  });

  const typing = encodeEvent('typing', { agent: 'processing', isTyping: true, request_id: 'r' });
  const { type, ...rest } = JSON.parse(event) as Record<string, unknown>;
  test.each([
    ['is no JSON', Buffer.from('{')],
    ['is no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['is no object', bytes([1])],
    ['has no accepted event', bytes({ asker: {} })],
    [
      'has an event that is no JSON',
      bytes({ accepted: { message_id: 'm', event: event.slice(1) }, asker: {} }),
    ],
    ['has an event of another type', bytes({ accepted: { message_id: 'm', event: typing }, asker: {} })],
    [
      'has an event whose type does not come first',
      bytes({ accepted: { message_id: 'm', event: JSON.stringify({ ...rest, type }) }, asker: {} }),
    ],
  ])('is refused when it %s', (_what, payload) => {
    expect(readRequest(payload, 'r')).toBeUndefined();
  });

  test('is refused when it is about another chat than its subject', () => {
    expect(readRequest(bytes({ accepted, asker: {} }), 'other')).toBeUndefined();
  });
});
