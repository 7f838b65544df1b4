import type { AgentRequest } from '../agent.ts';
import { foldedWords } from '../lexicon/fold-text.ts';
import { recognizeIntent } from '../intent-router.ts';
import type { Intent } from '../intents.ts';
import type { InvestigationReferences } from './investigation-references.ts';
import { findReferences } from './investigation-references.ts';
import type { Language } from '../language.ts';
import { detectLanguage } from '../language.ts';
import type { Aspect } from '../lexicon/aspects.ts';
import { aspectTerms } from '../lexicon/aspects.ts';
import { LexiconMatcher } from '../lexicon/lexicon-matcher.ts';
import type { KnownSeverity } from '../facts/severity.ts';
import { knownSeverity } from '../facts/severity.ts';

/** A message, understood as far as it can be without looking at any event. */
export interface Question {
  readonly message: string;
  readonly language: Language;
  readonly intent: Intent;
  readonly aspects: ReadonlyMap<Aspect, number>;
  /** The one severity it asks for, if it does. */
  readonly severity: KnownSeverity | undefined;
  readonly references: InvestigationReferences;
  /** Most recent last. */
  readonly subscribedIds: readonly string[];
}

const matcher = new LexiconMatcher<Aspect>(aspectTerms);

/** Words that name a severity but mean something else more often: an average, or all that is serious. */
const ambiguousSeverityWords: ReadonlySet<string> = new Set([
  'media',
  'medio',
  'medias',
  'medios',
  'info',
  'alto',
  'grave',
  'graves',
  'serious',
  'urgente',
]);

export function understand(request: Pick<AgentRequest, 'message' | 'subscribedInvestigationIds'>): Question {
  const words = foldedWords(request.message);
  const severities = words
    .filter((word) => !ambiguousSeverityWords.has(word))
    .map(knownSeverity)
    .filter((severity) => severity !== undefined);
  return {
    message: request.message,
    language: detectLanguage(request.message),
    intent: recognizeIntent(request.message),
    aspects: matcher.score(words),
    severity: severities[0],
    references: findReferences(request.message, request.subscribedInvestigationIds),
    subscribedIds: request.subscribedInvestigationIds,
  };
}
