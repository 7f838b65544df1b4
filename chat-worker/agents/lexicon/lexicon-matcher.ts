import { isOneSlipAway } from './near-word.ts';
import { writeOut } from './shorthand.ts';

/**
 * A weight and the terms that carry it for a label, separated by commas. A term is one word or several; a
 * word ending in `*` is a stem, and `..` stands for up to three words that do not matter. Terms are
 * written folded (no accents, lower case).
 */
export type WeightedTerms = readonly [weight: number, terms: string];

export type Lexicon<Label extends string> = Readonly<Record<Label, readonly WeightedTerms[]>>;

/** Words shorter than this have too many neighbours that are words of their own. */
const shortestFuzzyChars = 6;
const fuzzyFactor = 0.8;
const longestGapWords = 3;
/** A stem is looked for among the beginnings of a word; no word of a language needs more of them. */
const longestWordChars = 24;

interface Entry<Label> {
  readonly label: Label;
  readonly weight: number;
  readonly index: number;
}

/** What one word of the message matched: most specific first. */
interface WordMatch {
  readonly patterns: readonly string[];
  readonly factor: number;
}

type PhraseStep = { readonly pattern: string } | 'gap';

interface Phrase<Label> extends Entry<Label> {
  readonly steps: readonly PhraseStep[];
}

/** Scores a message's folded words against a lexicon; compiled once, then read only. */
export class LexiconMatcher<Label extends string> {
  readonly #singles = new Map<string, Entry<Label>[]>();
  readonly #phrases = new Map<string, Phrase<Label>[]>();
  /** Every pattern, exact words as they are and stems with their `*`. */
  readonly #patterns = new Set<string>();
  readonly #known = new Set<string>();
  readonly #fuzzyByFirstLetter = new Map<string, string[]>();

  constructor(lexicon: Lexicon<Label>) {
    let index = 0;
    for (const label of Object.keys(lexicon) as Label[]) {
      for (const [weight, terms] of lexicon[label]) {
        for (const term of terms.split(',')) {
          this.#add(writeOut(term.trim().split(/\s+/)), { label, weight, index: index++ });
        }
      }
    }
    for (const pattern of this.#patterns) {
      if (pattern.replace('*', '').length < shortestFuzzyChars) continue;
      pushTo(this.#fuzzyByFirstLetter, pattern.charAt(0), pattern);
    }
  }

  /** The sum of the weights of the terms found, each counted once however often it occurs. */
  score(words: readonly string[]): ReadonlyMap<Label, number> {
    const matches = writeOut(words).map((word) => this.#matchWord(word));
    const scores = new Map<Label, number>();
    const counted = new Set<number>();
    const count = (entry: Entry<Label>, factor: number): void => {
      if (counted.has(entry.index)) return;
      counted.add(entry.index);
      scores.set(entry.label, (scores.get(entry.label) ?? 0) + entry.weight * factor);
    };
    for (const [position, match] of matches.entries()) {
      this.#scoreSingles(match, count);
      for (const pattern of match.patterns) {
        for (const phrase of this.#phrases.get(pattern) ?? []) {
          if (phraseMatches(phrase.steps, 1, matches, position + 1)) count(phrase, match.factor);
        }
      }
    }
    return scores;
  }

  #add(words: readonly string[], entry: Entry<Label>): void {
    const [first] = words;
    if (first === undefined || first === '' || first === '..')
      throw new Error('a term must begin with a word');
    // Two spellings that are written out alike are one term, and weigh once.
    const known = `${entry.label} ${words.join(' ')}`;
    if (this.#known.has(known)) return;
    this.#known.add(known);
    // A stem of one letter would match every other word, and keep slips in it from being seen.
    if (words.some((word) => /^.?\*$/.test(word))) throw new Error(`too short a stem: ${words.join(' ')}`);
    const steps = words.map((word): PhraseStep => (word === '..' ? 'gap' : { pattern: word }));
    for (const step of steps) if (step !== 'gap') this.#patterns.add(step.pattern);
    if (steps.length === 1) pushTo(this.#singles, first, entry);
    else pushTo(this.#phrases, first, { ...entry, steps });
  }

  /** Of one label's patterns only the most specific speaks: `investigac*` silences its `investig*`. */
  #scoreSingles(match: WordMatch, count: (entry: Entry<Label>, factor: number) => void): void {
    const spoken = new Set<Label>();
    for (const pattern of match.patterns) {
      for (const entry of this.#singles.get(pattern) ?? []) {
        if (spoken.has(entry.label)) continue;
        spoken.add(entry.label);
        count(entry, match.factor);
      }
    }
  }

  #matchWord(word: string): WordMatch {
    const patterns = this.#exactPatterns(word);
    if (patterns.length > 0) return { patterns, factor: 1 };
    // "diaa": a drawn-out ending that is too short for the folding of three and more.
    const undoubled = word.replace(/(\p{L})\1$/u, '$1');
    if (undoubled !== word) {
      const found = this.#exactPatterns(undoubled);
      if (found.length > 0) return { patterns: found, factor: 1 };
    }
    return { patterns: this.#nearPatterns(word), factor: fuzzyFactor };
  }

  #exactPatterns(word: string): readonly string[] {
    const found: string[] = [];
    if (this.#patterns.has(word)) found.push(word);
    for (let length = Math.min(word.length, longestWordChars); length > 1; length -= 1) {
      const stem = `${word.slice(0, length)}*`;
      if (this.#patterns.has(stem)) found.push(stem);
    }
    return found;
  }

  #nearPatterns(word: string): readonly string[] {
    if (word.length < shortestFuzzyChars || word.length > longestWordChars) return [];
    // The first letter is taken as right: it nearly always is, and it keeps the candidates few.
    const candidates = this.#fuzzyByFirstLetter.get(word.charAt(0)) ?? [];
    return candidates
      .filter((pattern) => {
        const isStem = pattern.endsWith('*');
        return isOneSlipAway(word, isStem ? pattern.slice(0, -1) : pattern, isStem);
      })
      .sort((a, b) => b.length - a.length);
  }
}

function pushTo<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Bounded: a step is one word, a gap at most three, and terms have few gaps. */
function phraseMatches(
  steps: readonly PhraseStep[],
  step: number,
  matches: readonly WordMatch[],
  position: number,
): boolean {
  const wanted = steps[step];
  if (wanted === undefined) return true;
  if (wanted === 'gap') {
    for (let skipped = 0; skipped <= longestGapWords; skipped += 1) {
      if (phraseMatches(steps, step + 1, matches, position + skipped)) return true;
    }
    return false;
  }
  if (matches[position]?.patterns.includes(wanted.pattern) !== true) return false;
  return phraseMatches(steps, step + 1, matches, position + 1);
}
