import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, nestingOf, parseBoundedJson } from '../../../../shared/socket-protocol/decode-frame.ts';
import { MAX_JSON_DEPTH } from '../../../../shared/socket-protocol/limits.ts';
import { ProtocolError } from '../../../../shared/socket-protocol/protocol-error.ts';
import { propertyOptions } from '../../../support/property-options.ts';

function bytesOf(text: string | readonly number[]): ArrayBuffer {
  const source = typeof text === 'string' ? Buffer.from(text) : Uint8Array.from(text);
  const bytes = new ArrayBuffer(source.length);
  new Uint8Array(bytes).set(source);
  return bytes;
}

/** The code a frame is refused with; `accepted` for none. */
function refusal(text: string | readonly number[], isBinary = false): string {
  try {
    decodeFrame(bytesOf(text), isBinary);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error instanceof ProtocolError ? error.code : 'another error';
  }
}

function nested(depth: number): string {
  return `{"type":"ping","data":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
}

describe('decodeFrame', () => {
  test('takes a text frame', () => {
    expect(decodeFrame(bytesOf('{"type":"ping"}'), false)).toEqual({ type: 'ping' });
    expect(decodeFrame(bytesOf(' {"data":{"message":"Olá 🇧🇷"},"type":"chat"}\n'), false)).toEqual({
      type: 'chat',
      data: { message: 'Olá 🇧🇷', agentId: undefined, traceparent: undefined },
    });
  });

  test.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['no JSON', 'ping'],
    ['half of it', '{"type":"ping"'],
    ['two of them', '{"type":"ping"}{"type":"ping"}'],
    ['a null character after it', '{"type":"ping"}\0'],
    ['a string', '"ping"'],
    ['a number', '1'],
    ['null', 'null'],
    ['an array', '[{"type":"ping"}]'],
    ['no type', '{"data":{}}'],
    ['a type that is no string', '{"type":1}'],
    ['a trailing comma', '{"type":"ping",}'],
    ['a comment', '{"type":"ping"} // x'],
    ['NaN', '{"type":"ping","data":NaN}'],
  ])('refuses %s as INVALID_MESSAGE', (_, text) => {
    expect(refusal(text)).toBe('INVALID_MESSAGE');
  });

  test('refuses a binary frame, whatever is in it', () => {
    expect(refusal('{"type":"ping"}', true)).toBe('INVALID_MESSAGE');
  });

  test.each([
    ['a cut character', [0x22, 0xc3, 0x22]],
    ['a stray continuation', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate as UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a byte that never occurs', [0x22, 0xff, 0x22]],
    ['UTF-16', [0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses bytes that are no UTF-8: %s', (_, bytes) => {
    const frame = [...Buffer.from('{"type":"ping","data":'), ...bytes, 0x7d];
    expect(refusal(frame)).toBe('INVALID_MESSAGE');
  });

  test('goes as deep as the limit and no deeper', () => {
    expect(refusal(nested(MAX_JSON_DEPTH))).toBe('accepted');
    expect(refusal(nested(MAX_JSON_DEPTH + 1))).toBe('INVALID_MESSAGE');
    expect(refusal(nested(1_000_000))).toBe('INVALID_MESSAGE');
  });

  test('does not count brackets in text as depth', () => {
    const text = '[{"'.repeat(100);
    expect(
      decodeFrame(bytesOf(JSON.stringify({ type: 'chat', data: { message: text } })), false),
    ).toMatchObject({
      data: { message: text },
    });
  });

  test('of any bytes gives a message or a ProtocolError', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Array.from(bytes)),
      fc.json().map((text) => Array.from(Buffer.from(text))),
      fc
        .record({
          type: fc.constantFrom('chat', 'cancel', 'subscribe', 'history', 'auth', 'x'),
          data: fc.jsonValue(),
        })
        .map((value) => Array.from(Buffer.from(JSON.stringify(value)))),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        expect(['accepted', 'INVALID_MESSAGE', 'INVALID_ID', 'UNKNOWN_TYPE']).toContain(refusal(bytes));
      }),
      propertyOptions(1_000),
    );
  });
});

describe('nestingOf', () => {
  function depthOf(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0;
    return 1 + Math.max(0, ...Object.values(value).map(depthOf));
  }

  test('is the depth of any JSON', () => {
    const values = fc.jsonValue({ maxDepth: 8 });
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 2), (value, indent) => {
        expect(nestingOf(JSON.stringify(value, null, indent))).toBe(depthOf(value));
      }),
      propertyOptions(500),
    );
  });

  test.each([
    [String.raw`"\"[[["`, 0],
    [String.raw`"\\",[]`, 1],
    [String.raw`"\\\"[",{}`, 1],
    ['"[', 0],
    ['[[', 2],
    [']][', 0],
    ['', 0],
  ])('of %s is %d', (text, depth) => {
    expect(nestingOf(text)).toBe(Math.max(depth, 0));
  });
});

describe('parseBoundedJson', () => {
  test('takes a view of a larger buffer', () => {
    const large = Buffer.from('xxxx{"a":1}xxxx');
    expect(parseBoundedJson(large.subarray(4, 11))).toEqual({ a: 1 });
  });

  test('lets a key called __proto__ touch nothing', () => {
    parseBoundedJson(Buffer.from('{"__proto__":{"polluted":true}}'));
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
