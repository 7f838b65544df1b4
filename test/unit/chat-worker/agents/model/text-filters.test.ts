import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EchoFilter,
  ThinkingFilter,
  type TextFilter,
} from '../../../../../chat-worker/agents/model/text-filters.ts';

function filtered(filter: TextFilter, pieces: readonly string[]): string {
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
}

/** A text and the pieces it comes in. */
const pieces = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.array(fc.nat(80))).map(([whole, cuts]) => {
    const places = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])];
    places.sort((one, other) => one - other);
    return { whole, parts: places.map((place, index) => whole.slice(place, places[index + 1])) };
  });

const prose = fc.string({ unit: fc.constantFrom('<', 'think', '>', '/', 'a', ' ', '\n', '😀') });

describe('thoughts before an answer', () => {
  test('are left out, however they are cut, and nothing else', () => {
    const thought = prose.filter((text) => !text.includes('</think>'));
    const answer = prose.map((text) => text.trimStart());
    const whole = fc.tuple(thought, answer).map(([inside, after]) => `\n<think>${inside}</think>\n${after}`);
    fc.assert(
      fc.property(pieces(whole), ({ whole: text, parts }) => {
        const answerText = text.slice(text.indexOf('</think>') + '</think>'.length).trimStart();
        expect(filtered(new ThinkingFilter(), parts)).toBe(answerText);
      }),
    );
  });

  test('are no thoughts in the middle of a text', () => {
    const text = prose.filter((whole) => !whole.trimStart().startsWith('<think>'));
    fc.assert(
      fc.property(pieces(text), ({ whole, parts }) => {
        expect(filtered(new ThinkingFilter(), parts)).toBe(whole);
      }),
    );
  });

  test('are all there is when they never end', () => {
    expect(filtered(new ThinkingFilter(), ['<think>hm', 'm</thin'])).toBe('');
  });
});

describe('a text that is sent again', () => {
  const prefix = 'A investigação encontrou três';

  test('is left out once, however it is cut', () => {
    fc.assert(
      fc.property(pieces(prose.map((rest) => prefix + rest)), ({ whole, parts }) => {
        expect(filtered(new EchoFilter(prefix), parts)).toBe(whole.slice(prefix.length));
      }),
    );
  });

  test('is only what is all of it, and no short one that repeats by chance', () => {
    expect(filtered(new EchoFilter(prefix), ['A investigação', ' seguinte'])).toBe('A investigação seguinte');
    expect(filtered(new EchoFilter(prefix), ['A inv'])).toBe('A inv');
    expect(filtered(new EchoFilter('- um\n- '), ['- um\n- dois'])).toBe('- um\n- dois');
  });
});
