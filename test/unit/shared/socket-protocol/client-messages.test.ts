import { describe, expect, test } from 'vitest';
import { parseClientMessage } from '../../../../shared/socket-protocol/client-messages.ts';
import { ProtocolError } from '../../../../shared/socket-protocol/protocol-error.ts';

const LONGEST_ID = 'a'.repeat(128);

function codeOf(value: unknown): string {
  try {
    parseClientMessage(value);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error instanceof ProtocolError ? error.code : 'another error';
  }
}

function chat(data: unknown, more: object = {}): unknown {
  return { type: 'chat', data, ...more };
}

describe('chat', () => {
  test('takes message, or content as its alias; message comes first', () => {
    expect(parseClientMessage(chat({ message: 'Olá' }))).toMatchObject({ data: { message: 'Olá' } });
    expect(parseClientMessage(chat({ content: 'Olá' }))).toMatchObject({ data: { message: 'Olá' } });
    expect(parseClientMessage(chat({ content: 'b', message: 'a' }))).toMatchObject({
      data: { message: 'a' },
    });
  });

  test('keeps id and agent, and ignores what it does not know', () => {
    const message = parseClientMessage(
      chat({ message: 'a', agent_id: 'drummond', other: 1 }, { id: 'x y', timestamp: 'whenever', more: [] }),
    );
    expect(message).toEqual({
      type: 'chat',
      id: 'x y',
      data: { message: 'a', agentId: 'drummond', traceparent: undefined },
    });
    expect(parseClientMessage(chat({ message: 'a', agent_id: null }))).toMatchObject({
      data: { agentId: undefined },
    });
  });

  test.each([
    ['one character', 'a'],
    ['16,000 characters', 'a'.repeat(16_000)],
    ['16,000 emojis', '🙂'.repeat(16_000)],
    ['half a surrogate pair', '\ud83d'],
  ])('takes a text of %s', (_, message) => {
    expect(parseClientMessage(chat({ message }))).toMatchObject({ data: { message } });
  });

  test.each([
    ['no data', undefined],
    ['data that is null', null],
    ['data that is an array', []],
    ['no text', {}],
    ['an empty text', { message: '' }],
    ['an empty alias', { content: '' }],
    ['a text that is a number', { message: 1 }],
    ['a text that is an object', { message: {} }],
    ['16,001 characters', { message: 'a'.repeat(16_001) }],
    ['16,001 emojis', { message: '🙂'.repeat(16_001) }],
    ['32,001 halves of pairs', { message: '\ud83d'.repeat(32_001) }],
    ['an alias that is too long', { message: 'a', content: 'a'.repeat(16_001) }],
    ['an agent that is no string', { message: 'a', agent_id: 1 }],
    ['an agent that is too long', { message: 'a', agent_id: 'a'.repeat(129) }],
  ])('with %s is INVALID_MESSAGE', (_, data) => {
    expect(codeOf(chat(data))).toBe('INVALID_MESSAGE');
  });

  test.each([
    ['an empty id', ''],
    ['an id that is too long', 'a'.repeat(257)],
    ['an id that is a number', 1],
    ['an id that is null', null],
  ])('with %s is INVALID_MESSAGE', (_, id) => {
    expect(codeOf(chat({ message: 'a' }, { id }))).toBe('INVALID_MESSAGE');
  });

  test('takes ids of 1 to 256 characters, whatever they are', () => {
    for (const id of ['a', 'a'.repeat(256), 'olá mundo', '*.>', '\n']) {
      expect(codeOf(chat({ message: 'a' }, { id }))).toBe('accepted');
    }
  });
});

describe('what names something', () => {
  const messages = {
    cancel: (id: unknown) => ({ type: 'cancel', data: { request_id: id } }),
    subscribe: (id: unknown) => ({ type: 'subscribe', data: { investigation_id: id } }),
    unsubscribe: (id: unknown) => ({ type: 'unsubscribe', data: { investigation_id: id } }),
  };

  describe.each(Object.entries(messages))('%s', (type, messageOf) => {
    test.each(['a', 'INV-2026_01', '-', '_', LONGEST_ID])('takes the identifier %s', (id) => {
      expect(parseClientMessage(messageOf(id))).toMatchObject({ type, data: messageOf(id).data });
    });

    test.each(['', 'a.b', '*', '>', 'a b', 'ação', 'a\n', `${LONGEST_ID}a`, '🙂'])(
      'refuses "%s" as INVALID_ID',
      (id) => {
        expect(codeOf(messageOf(id))).toBe('INVALID_ID');
      },
    );

    test.each([undefined, null, 1, {}, ['a']])('refuses %s, which is no string, as INVALID_MESSAGE', (id) => {
      expect(codeOf(messageOf(id))).toBe('INVALID_MESSAGE');
    });

    test('refuses a missing data as INVALID_MESSAGE', () => {
      expect(codeOf({ type })).toBe('INVALID_MESSAGE');
    });
  });
});

describe('subscribe', () => {
  test('takes a cursor of up to 512 characters', () => {
    const since = 'a'.repeat(512);
    expect(parseClientMessage({ type: 'subscribe', data: { investigation_id: 'a', since } })).toEqual({
      type: 'subscribe',
      data: { investigation_id: 'a', since },
    });
  });

  test.each(['', 'a'.repeat(513), 1, null])('refuses the cursor %s as INVALID_MESSAGE', (since) => {
    expect(codeOf({ type: 'subscribe', data: { investigation_id: 'a', since } })).toBe('INVALID_MESSAGE');
    // A wrong id beside it does not make it a matter of ids.
    expect(codeOf({ type: 'subscribe', data: { investigation_id: '*', since } })).toBe('INVALID_MESSAGE');
  });
});

describe('history', () => {
  test('gives 50 when nothing is said', () => {
    for (const message of [{ type: 'history' }, { type: 'history', data: {} }]) {
      expect(parseClientMessage(message)).toEqual({ type: 'history', data: { limit: 50 } });
    }
  });

  test('takes a limit of 1 to 200 and a cursor', () => {
    for (const limit of [1, 200]) {
      expect(parseClientMessage({ type: 'history', data: { limit, before: 'x' } })).toEqual({
        type: 'history',
        data: { limit, before: 'x' },
      });
    }
  });

  test.each([0, 201, -1, 1.5, '50', null])('refuses the limit %s', (limit) => {
    expect(codeOf({ type: 'history', data: { limit } })).toBe('INVALID_MESSAGE');
  });

  test.each(['', 'a'.repeat(513), 1])('refuses the cursor %s', (before) => {
    expect(codeOf({ type: 'history', data: { before } })).toBe('INVALID_MESSAGE');
  });
});

describe('auth and ping', () => {
  test('auth takes a token, and nothing else for one', () => {
    expect(parseClientMessage({ type: 'auth', data: { token: 'x' } })).toEqual({
      type: 'auth',
      data: { token: 'x' },
    });
    for (const data of [undefined, {}, { token: '' }, { token: 1 }]) {
      expect(codeOf({ type: 'auth', data })).toBe('INVALID_MESSAGE');
    }
  });

  test('ping takes anything or nothing', () => {
    for (const data of [undefined, null, 1, 'x', [], { a: {} }]) {
      expect(parseClientMessage({ type: 'ping', data })).toEqual({ type: 'ping' });
    }
  });
});

describe('another type', () => {
  test.each(['', 'Chat', 'chat ', 'connection', 'chat_complete', '__proto__', 'constructor', 'toString'])(
    '"%s" is UNKNOWN_TYPE',
    (type) => {
      expect(codeOf({ type, data: {} })).toBe('UNKNOWN_TYPE');
    },
  );

  test.each([undefined, null, 1, [], {}, true])('%s is INVALID_MESSAGE', (type) => {
    expect(codeOf({ type })).toBe('INVALID_MESSAGE');
  });

  test.each([undefined, null, 1, 'chat', [], () => 'chat'])(
    'a message that is %s is INVALID_MESSAGE',
    (value) => {
      expect(codeOf(value)).toBe('INVALID_MESSAGE');
    },
  );
});
