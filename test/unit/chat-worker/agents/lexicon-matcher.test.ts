import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedWords } from '../../../../chat-worker/agents/lexicon/fold-text.ts';
import { LexiconMatcher } from '../../../../chat-worker/agents/lexicon/lexicon-matcher.ts';
import { isOneSlipAway } from '../../../../chat-worker/agents/lexicon/near-word.ts';

const matcher = new LexiconMatcher({
  fruit: [
    [2, 'banana, pineappl*'],
    [5, 'apple .. pie'],
    [1, 'pineapplejuice'],
  ],
  tool: [[3, 'hammer*, red banana']],
});

const scoreOf = (text: string): Record<string, number> =>
  Object.fromEntries(matcher.score(foldedWords(text)));

describe('scoring words against a lexicon', () => {
  it('finds words, stems and phrases', () => {
    expect(scoreOf('banana')).toEqual({ fruit: 2 });
    expect(scoreOf('pineapples!')).toEqual({ fruit: 2 });
    expect(scoreOf('a red banana')).toEqual({ fruit: 2, tool: 3 });
    expect(scoreOf('bananas')).toEqual({ fruit: 1.6 });
  });

  it('lets up to three words stand in a gap', () => {
    expect(scoreOf('apple pie')).toEqual({ fruit: 5 });
    expect(scoreOf('apple one two three pie')).toEqual({ fruit: 5 });
    expect(scoreOf('apple one two three four pie')).toEqual({});
  });

  it('counts a term once, however often it occurs', () => {
    expect(scoreOf('banana banana banana')).toEqual({ fruit: 2 });
  });

  it('lets only the most specific pattern of a label speak', () => {
    expect(scoreOf('pineapplejuice')).toEqual({ fruit: 1 });
  });

  it('forgives one slip in a long word, for less', () => {
    expect(scoreOf('bannana')).toEqual({ fruit: 1.6 });
    expect(scoreOf('hamemring')).toEqual({ tool: 3 * 0.8 });
    expect(scoreOf('aple pie')).toEqual({});
  });

  it('reads the shorthand of chats as what it stands for, in messages and in terms', () => {
    const asked = new LexiconMatcher({
      ask: [
        [4, 'o que e, oq e'],
        [2, 'vc sabe'],
      ],
    });
    for (const text of ['o que é', 'oq é', 'o q é']) {
      expect(Object.fromEntries(asked.score(foldedWords(text)))).toEqual({ ask: 4 });
    }
    expect(Object.fromEntries(asked.score(foldedWords('você sabe')))).toEqual({ ask: 2 });
  });

  it.each(['', ' ', '*', 'a*', '.. pie'])('refuses the term %j', (term) => {
    expect(() => new LexiconMatcher({ label: [[1, term]] })).toThrow();
  });
});

/** Damerau-Levenshtein (restricted) by the book, to hold the quick check against. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let j = 0; j <= b.length; j += 1) (rows[0] ?? [])[j] = j;
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      (rows[i] ?? [])[j] = best;
    }
  }
  return at(a.length, b.length);
}

describe('one slip', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 7 });

  it('is a distance of one, or of none', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        fc.pre(a !== b);
        expect(isOneSlipAway(a, b, false)).toBe(distance(a, b) <= 1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is seen in a stem that the word goes on after', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        fc.pre(!a.startsWith(b));
        const beginnings = Array.from({ length: a.length + 1 }, (_, length) => a.slice(0, length));
        expect(isOneSlipAway(a, b, true)).toBe(beginnings.some((beginning) => distance(beginning, b) <= 1));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('folding', () => {
  it('drops accents, case and drawn-out letters', () => {
    expect(foldedWords('Olááá, AÇÃO! O que é?')).toEqual(['ola', 'acao', 'o', 'que', 'e']);
    expect(foldedWords('oiiii')).toEqual(['oi']);
  });

  it('reads beginning and end of what is long', () => {
    const words = foldedWords(`start ${'x'.repeat(20_000)} end`);
    expect([words.at(0), words.at(-1)]).toEqual(['start', 'end']);
  });
});
