import type { Intent } from '../intents.ts';
import type { Aspect } from '../lexicon/aspects.ts';
import type { Question } from './understand-question.ts';

export type InvestigationTopic =
  'status' | 'anomalies' | 'timeline' | 'comparison' | 'report' | 'suppliers' | 'findings' | 'overview';

/** What an answer will be about; made before any event is read. */
export interface AnswerPlan {
  /** Investigations to read and speak of, in the order they were named. */
  readonly investigationIds: readonly string[];
  /** To be read too, and spoken of only if there are events. */
  readonly possibleIds: readonly string[];
  /** The ids were not in the message but taken from what the session is subscribed to. */
  readonly isImplied: boolean;
  readonly topic: InvestigationTopic;
  /** The message is about some investigation, but does not say which and none is subscribed. */
  readonly lacksId: boolean;
  readonly wantsDetail: boolean;
}

/** A glance at more than this is no overview. */
const mostInOverview = 8;

/** Intents that, without an id, mean the investigation the session follows. */
const aboutFollowed: ReadonlySet<Intent> = new Set<Intent>(['status', 'anomaly', 'report']);
/** Answered as conversation even if they mention an id. */
const conversationOnly: ReadonlySet<Intent> = new Set<Intent>(['thanks', 'goodbye']);

const topicAspects = [
  'timeline',
  'anomalies',
  'report',
  'suppliers',
  'findings',
  'status',
] as const satisfies readonly Aspect[];

export function planAnswer(question: Question): AnswerPlan {
  const { certain, possible } = question.references;
  const nothing = {
    investigationIds: [],
    possibleIds: [],
    isImplied: false,
    topic: 'status',
    lacksId: false,
  } as const;
  if (conversationOnly.has(question.intent)) return { ...nothing, wantsDetail: false };
  const implied = certain.length > 0 ? [] : impliedIds(question);
  const named = withPointedAt(question, certain);
  const investigationIds = named.length > 0 ? named : implied;
  return {
    investigationIds,
    // A subscribed investigation answers better than a word that may or may not be an id.
    possibleIds: certain.length > 0 ? [] : possible,
    isImplied: named.length === 0 && implied.length > 0,
    topic: topicOf(question, investigationIds.length),
    lacksId: investigationIds.length === 0 && speaksOfInvestigation(question),
    wantsDetail: question.aspects.has('detail'),
  };
}

/** "Compare INV-1 com essa investigação" names one and points at another. */
function withPointedAt(question: Question, certain: readonly string[]): readonly string[] {
  const last = question.subscribedIds.at(-1);
  const [only] = certain;
  const isHalf = certain.length === 1 && question.aspects.has('comparison') && last !== undefined;
  return isHalf && last !== only && question.aspects.has('pointsBack') ? [...certain, last] : certain;
}

/** Aspects that only an investigation has: a short question for one means the followed investigation. */
const ofInvestigations = ['anomalies', 'timeline', 'suppliers', 'findings'] as const;
/** What a short question with these intents is about: the system, or the world at large. */
const notOfInvestigations: ReadonlySet<Intent> = new Set<Intent>([
  ...(['question', 'help', 'about', 'greeting', 'small_talk', 'legal_compliance', 'security_audit'] as const),
  ...(['frontend', 'integration', 'orchestrate', 'visualization', 'text_analysis', 'data'] as const),
]);
/** "Quem são os fornecedores?", but not a sentence that brings a subject of its own. */
const mostWordsOfFollowUp = 5;

function isFollowUp({ aspects, intent, message }: Question): boolean {
  if (notOfInvestigations.has(intent)) return false;
  const words = message.trim().split(/\s+/, mostWordsOfFollowUp + 1);
  return words.length <= mostWordsOfFollowUp && ofInvestigations.some((aspect) => aspects.has(aspect));
}

function impliedIds(question: Question): readonly string[] {
  const { aspects, intent, subscribedIds } = question;
  if (aspects.has('all')) return subscribedIds.slice(-mostInOverview);
  const wantsTwo = aspects.has('comparison') && (aspects.has('pointsBack') || intent === 'status');
  if (wantsTwo && subscribedIds.length > 1) return subscribedIds.slice(-2);
  const isAbout =
    aspects.has('pointsBack') ||
    aboutFollowed.has(intent) ||
    (aspects.get('timeline') ?? 0) > 5 ||
    isFollowUp(question);
  return isAbout ? subscribedIds.slice(-1) : [];
}

function speaksOfInvestigation({ aspects, intent }: Question): boolean {
  return aspects.has('pointsBack') || aspects.has('all') || aboutFollowed.has(intent);
}

/** The intent tips the balance where the words alone say little. */
const topicOfIntent: Partial<Readonly<Record<Intent, InvestigationTopic>>> = {
  report: 'report',
  anomaly: 'anomalies',
  fraud_detection: 'anomalies',
  status: 'status',
};

function topicOf(question: Question, idCount: number): InvestigationTopic {
  if (question.aspects.has('all') && question.references.certain.length === 0) return 'overview';
  if (idCount > 1) return 'comparison';
  let best: InvestigationTopic = question.aspects.has('byAmount') ? 'anomalies' : 'status';
  let bestScore = question.aspects.get('byAmount') ?? 0;
  for (const topic of topicAspects) {
    const score = (question.aspects.get(topic) ?? 0) + (topicOfIntent[question.intent] === topic ? 2 : 0);
    if (score > bestScore) {
      best = topic;
      bestScore = score;
    }
  }
  return best;
}
