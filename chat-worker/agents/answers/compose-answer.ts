import type { AnswerPlan } from '../question/answer-plan.ts';
import type { InvestigationFacts } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import type { Question } from '../question/understand-question.ts';
import type { AgentProfile } from '../registry.ts';
import { askForId, capabilities } from './capabilities.ts';
import { comparison } from './comparison.ts';
import { conversation, explained } from './conversation.ts';
import { definitions, howToReport } from './glossary.ts';
import { glossary } from './glossary-terms.ts';
import type { InvestigationQuestion } from './investigation.ts';
import { aboutOne } from './investigation.ts';
import type { Voice } from './voices.ts';
import { voices } from './voices.ts';
import type { Bilingual } from './wording.ts';
import { code, listed, paragraphs } from './wording.ts';

const legalNote: Bilingual = {
  pt: 'Isto é informação geral, não parecer jurídico; confira o texto da lei em vigor.',
  en: 'This is general information, not legal advice; check the law as it stands.',
};

/**
 * The whole answer, as Markdown. Pure: the same question, agent and facts give the same bytes, which is
 * what lets another worker go on in the middle.
 *
 * @param factsById of every id of the plan, the possible ones included
 */
export function composeAnswer(
  question: Question,
  plan: AnswerPlan,
  agent: AgentProfile,
  factsById: ReadonlyMap<string, InvestigationFacts>,
): string {
  const { language } = question;
  const voice = voices[agent.id];
  const known = (ids: readonly string[]): readonly InvestigationFacts[] =>
    ids.map((id) => factsById.get(id)).filter((facts) => facts !== undefined);
  const possible = known(plan.possibleIds).filter(({ eventCount }) => eventCount > 0);
  // What the message may have named and exists is a better reading than what it left unsaid.
  if (possible.length > 0) {
    return aboutInvestigations(question, { ...plan, isImplied: false }, possible, voice);
  }
  const planned = known(plan.investigationIds);
  if (planned.length > 0) return aboutInvestigations(question, plan, planned, voice);
  if (plan.wantsDetail) {
    return paragraphs(...definitions(question.message, language), explained(voice, language));
  }
  // "Status de abc-1": nothing is known under that name, which is an answer too.
  if (plan.lacksId && plan.possibleIds.length > 0) return notFound(plan.possibleIds, language);
  if (plan.lacksId) return askForId(voice, language);
  return withoutInvestigation(question, voice);
}

function withoutInvestigation({ intent, message, language, subscribedIds }: Question, voice: Voice): string {
  const talk = conversation(intent, message, voice, language);
  if (talk !== undefined) return talk;
  const defined =
    intent === 'question' || intent === 'legal_compliance' ? definitions(message, language) : [];
  if (defined.length === 0) {
    return paragraphs(
      howToReport(message, language),
      intent === 'fraud_detection' ? glossary.anomaly[language] : '',
      capabilities(intent, voice, subscribedIds, language),
    );
  }
  return paragraphs(...defined, intent === 'legal_compliance' ? legalNote[language] : '');
}

function aboutInvestigations(
  question: Question,
  plan: AnswerPlan,
  investigations: readonly InvestigationFacts[],
  voice: Voice,
): string {
  const { language } = question;
  const existing = investigations.filter(({ eventCount }) => eventCount > 0);
  const missing = investigations.filter(({ eventCount }) => eventCount === 0).map(({ id }) => id);
  const asked: InvestigationQuestion = {
    topic: plan.topic,
    language,
    severity: question.severity,
    byAmount: question.aspects.has('byAmount'),
    asksForSum: question.aspects.has('sum'),
    asksForGuilt: question.intent === 'fraud_detection',
    message: question.message,
    wantsDetail: plan.wantsDetail,
  };
  const [only] = existing;
  const isOne = existing.length === 1 && only !== undefined;
  return paragraphs(
    plan.isImplied ? impliedNote(plan, investigations, language) : '',
    isOne ? aboutOne(only, asked) : '',
    existing.length > 1 ? comparison(existing, language) : '',
    missing.length > 0 ? notFound(missing, language) : '',
    plan.wantsDetail && !isOne ? explained(voice, language) : '',
  );
}

function impliedNote(
  { topic }: AnswerPlan,
  investigations: readonly InvestigationFacts[],
  language: Language,
): string {
  const [only] = investigations;
  if (topic !== 'overview' && investigations.length === 1 && only !== undefined) {
    return {
      pt: `Você não citou um identificador: tomei ${code(only.id)}, a última investigação que esta sessão passou a acompanhar.`,
      en: `You named no id: I took ${code(only.id)}, the latest investigation this session subscribed to.`,
    }[language];
  }
  const ids = listed(
    investigations.map(({ id }) => code(id)),
    language,
  );
  return { pt: `Investigações que esta sessão acompanha: ${ids}.`, en: `This session follows ${ids}.` }[
    language
  ];
}

function notFound(ids: readonly string[], language: Language): string {
  const named = listed(ids.map(code), language);
  return ids.length === 1
    ? {
        pt: `Não encontrei eventos dessa investigação (${named}). Ou nada foi publicado sobre ela, ou o prazo de guarda já passou, ou o identificador é outro. Se ela ainda vai começar, inscreva-se com \`subscribe\` e você recebe cada evento na hora.`,
        en: `I found no events of this investigation (${named}). Either nothing has been published about it, or the retention time has passed, or its id is another. If it is yet to begin, use \`subscribe\` and you will get every event at once.`,
      }[language]
    : {
        pt: `Não encontrei eventos dessas investigações (${named}). Ou nada foi publicado sobre elas, ou o prazo de guarda já passou, ou os identificadores são outros.`,
        en: `I found no events of these investigations (${named}). Either nothing has been published about them, or the retention time has passed, or their ids are others.`,
      }[language];
}
