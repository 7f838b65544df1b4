import { describe, expect, test } from 'vitest';
import {
  chatLogEvent,
  isEnd,
  isForClients,
  typeOfLogEvent,
  type ChatLogEventType,
} from '../../../../shared/bus-protocol/chat-log.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';

/** One of each kind, as it is written. */
const WRITTEN: Record<ChatLogEventType, string> = {
  chat_accepted: encodeEvent('chat_accepted', { request_id: 'r', role: 'user', message: 'Olá' }),
  claim: JSON.stringify({ type: 'claim', data: { attempt: 1, worker: 'w', item: 7, as_of: 0 } }),
  handover: JSON.stringify({ type: 'handover', data: { worker: 'w' } }),
  tool_calls: JSON.stringify({
    type: 'tool_calls',
    data: { text_length: 0, calls: [{ id: '1', name: 'n', arguments: '{}', result: '' }] },
  }),
  chat: encodeEvent('chat', {
    role: 'assistant',
    content: 'Olá',
    agent_id: 'a',
    agent_name: 'A',
    chunk: true,
    request_id: 'r',
    chunk_index: 0,
  }),
  chat_restart: encodeEvent('chat_restart', { request_id: 'r', attempt: 2 }),
  chat_complete: encodeEvent('chat_complete', {
    status: 'completed',
    request_id: 'r',
    agent_id: 'a',
    agent_name: 'A',
    content: 'Olá',
    is_complete: true,
  }),
  error: encodeEvent('error', { code: 'CHAT_FAILED', message: 'x', request_id: 'r', retryable: true }),
};
const TYPES = chatLogEvent.options.map((option) => option.shape.type.value);

describe('typeOfLogEvent', () => {
  test.each(TYPES)('tells %s by its first bytes', (type) => {
    expect(typeOfLogEvent(Buffer.from(WRITTEN[type]))).toBe(type);
    expect(chatLogEvent.parse(JSON.parse(WRITTEN[type])).type).toBe(type);
  });

  test.each([
    '',
    '{',
    '{"type":"',
    '{"type":"chat',
    '{"type":"chats","data":{}}',
    '{"type":"chat_acc',
    '{"type":"notification","data":{}}',
    '{ "type":"chat"}',
    '{"Type":"chat"}',
    '{"data":{},"type":"chat"}',
    '[{"type":"chat"}]',
    'x{"type":"chat"}',
  ])('does not know %s', (text) => {
    expect(typeOfLogEvent(Buffer.from(text))).toBeUndefined();
  });

  test('needs no more than the type', () => {
    expect(typeOfLogEvent(Buffer.from('{"type":"chat"'))).toBe('chat');
    expect(typeOfLogEvent(Uint8Array.from(Buffer.from('xx{"type":"claim"}')).subarray(2))).toBe('claim');
  });
});

describe('what a log event means', () => {
  test('clients get all but what workers tell each other', () => {
    expect(TYPES.filter((type) => !isForClients(type)).sort()).toEqual(['claim', 'handover', 'tool_calls']);
  });

  test('a chat ends completed, cancelled or failed', () => {
    expect(TYPES.filter(isEnd).sort()).toEqual(['chat_complete', 'error']);
  });
});
