import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isIdentifier, requestIdOf } from '../../../../shared/socket-protocol/identifiers.ts';
import { propertyOptions } from '../../../support/property-options.ts';

describe('isIdentifier', () => {
  test.each(['a', '-', '_', '0', 'A-z_9', 'a'.repeat(128)])('%s is one', (value) => {
    expect(isIdentifier(value)).toBe(true);
  });

  test.each([
    '',
    'a'.repeat(129),
    'a.b',
    '*',
    '>',
    'a b',
    ' a',
    'a\n',
    '\na',
    'a\r\n',
    'a\0',
    'á',
    'ａ',
    'a%20b',
    'a/b',
    '🙂',
    undefined,
    null,
    1,
    ['a'],
    { toString: () => 'a' },
  ])('%j is none', (value) => {
    expect(isIdentifier(value)).toBe(false);
  });
});

describe('requestIdOf', () => {
  test('is the name itself where it may be one', () => {
    expect(requestIdOf('my-chat_1')).toBe('my-chat_1');
  });

  test('is derived from any other name alone, and may be a subject token', () => {
    // Fixed, because every gateway of every version has to find the same one.
    expect(requestIdOf('olá mundo')).toBe('CTyhLVsYdWTK7OJ52Qxg-ZwTZ4ASf9CiMZlSmbvTaTQ');
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 256, unit: 'grapheme' }), (name) => {
        const id = requestIdOf(name);
        expect(isIdentifier(id)).toBe(true);
        expect(requestIdOf(name)).toBe(id);
      }),
      propertyOptions(300),
    );
  });

  test('differs between names', () => {
    const names = ['a b', 'a  b', 'A b', ' a b', 'a b ', 'a.b', 'á', 'a\u0301', '*'];
    expect(new Set(names.map(requestIdOf)).size).toBe(names.length);
  });
});
