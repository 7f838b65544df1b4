import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Answer, AnswerTooLongError } from '../../../../chat-worker/chat/answer.ts';
import { MAX_ANSWER_BYTES } from '../../../../shared/socket-protocol/limits.ts';

/** What it takes as a JSON string, counted the slow way. */
function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** Pieces that are complete texts each: control characters, quotes, accents, pairs. */
const piece = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'é', '€', '😀', '\u2028') });

test('numbers what is added and keeps the whole text', () => {
  const answer = new Answer();
  expect([answer.add('um '), answer.add('dois')]).toEqual([0, 1]);
  expect([answer.text, answer.chunks]).toEqual(['um dois', 2]);
});

test('counts on after what a log has', () => {
  const answer = new Answer();
  answer.continueAfter('um ', 7);
  expect(answer.add('dois')).toBe(7);
  answer.startAgain();
  expect(answer.add('três')).toBe(0);
  expect(answer.text).toBe('três');
});

test('refuses exactly what does not fit into a JSON string of 256 KiB', () => {
  fc.assert(
    fc.property(fc.array(piece), piece, fc.integer({ min: -3, max: 3 }), (before, piece, over) => {
      const answer = new Answer();
      const start = before.join('');
      // Longer than what it may be over, so that only the last piece can be too much.
      const last = `${piece}last`;
      answer.continueAfter(start, before.length);
      answer.add('x'.repeat(MAX_ANSWER_BYTES - bytesOf(start + last) + over));
      const fits = bytesOf(answer.text + last) <= MAX_ANSWER_BYTES;
      const kept = answer.text;
      if (fits) {
        answer.add(last);
        expect(answer.text).toBe(kept + last);
      } else {
        expect(() => answer.add(last)).toThrow(AnswerTooLongError);
        expect(answer.text).toBe(kept);
      }
    }),
    { numRuns: 50 },
  );
});

test('keeps even an answer of single characters below 20,000 chunks', () => {
  const answer = new Answer();
  let chunks = 0;
  for (let left = MAX_ANSWER_BYTES - 2; left > 0; chunks += 1) {
    const size = Math.min(left, answer.nextChunkBytes);
    answer.add('x'.repeat(size));
    left -= size;
  }
  expect(chunks).toBeGreaterThan(8_192);
  expect(chunks).toBeLessThan(20_000);
});
