import { foldedWords } from '../lexicon/fold-text.ts';
import type { Language } from '../language.ts';
import { LexiconMatcher } from '../lexicon/lexicon-matcher.ts';
import { glossary } from './glossary-terms.ts';
import type { GlossaryTerm } from './glossary-terms.ts';

const matcher = new LexiconMatcher<GlossaryTerm>(
  Object.fromEntries(
    (Object.keys(glossary) as GlossaryTerm[]).map((term) => [term, [[1, glossary[term].spellings]]]),
  ) as Record<GlossaryTerm, [[number, string]]>,
);

/** More would be a lecture. */
const mostTerms = 3;

/** How to report wrongdoing, where a message speaks of it; empty where it does not. */
export function howToReport(message: string, language: Language): string {
  return matcher.score(foldedWords(message)).has('reporting') ? glossary.reporting[language] : '';
}

/** Definitions of the terms a message mentions, in the glossary's order; empty when it mentions none. */
export function definitions(message: string, language: Language): readonly string[] {
  const mentioned = matcher.score(foldedWords(message));
  return (Object.keys(glossary) as GlossaryTerm[])
    .filter((term) => mentioned.has(term))
    .slice(0, mostTerms)
    .map((term) => glossary[term][language]);
}
