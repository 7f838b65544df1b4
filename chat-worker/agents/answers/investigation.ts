import type { InvestigationTopic } from '../question/answer-plan.ts';
import type { AnomalyFact, InvestigationFacts } from '../investigation-facts.ts';
import { largestFirst } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import type { KnownSeverity } from '../facts/severity.ts';
import { comparison } from './comparison.ts';
import { howToRead, report } from './report.ts';
import {
  anomalyCounts,
  anomalyLines,
  contentLines,
  courseLines,
  extent,
  supplierLines,
  timelineLines,
} from './sections.ts';
import type { Bilingual } from './wording.ts';
import { code, paragraphs, severityText, timesNote } from './wording.ts';

export interface InvestigationQuestion {
  readonly topic: InvestigationTopic;
  readonly language: Language;
  /** Only anomalies of this severity. */
  readonly severity: KnownSeverity | undefined;
  /** Anomalies by amount instead of severity. */
  readonly byAmount: boolean;
  readonly wantsDetail: boolean;
}

/** As many list items as people read in a chat; the rest is counted. */
const mostListed = 15;
const mostInTimeline = 25;

/** An answer about one investigation that has events. */
export function aboutOne(facts: InvestigationFacts, question: InvestigationQuestion): string {
  const { language, topic } = question;
  switch (topic) {
    case 'anomalies':
      return anomaliesAnswer(facts, question);
    case 'timeline':
      return titled(
        facts,
        question,
        { pt: 'Linha do tempo', en: 'Timeline' },
        timelineLines(facts.timeline, mostInTimeline, language),
      );
    case 'suppliers':
      return titled(
        facts,
        question,
        { pt: 'Fornecedores citados', en: 'Suppliers named' },
        supplierLines(facts.suppliers, mostListed, language) ||
          { pt: 'Nenhum evento cita fornecedor.', en: 'No event names a supplier.' }[language],
      );
    case 'findings':
      return titled(
        facts,
        question,
        { pt: 'Achados', en: 'Findings' },
        contentLines(facts.findings, mostListed, language) ||
          { pt: 'Nenhum achado foi publicado.', en: 'No finding has been published.' }[language],
      );
    case 'report':
      return report(facts, question.wantsDetail, language);
    case 'comparison':
    case 'overview':
      return comparison([facts], language);
    case 'status':
      return question.wantsDetail ? report(facts, true, language) : statusAnswer(facts, question);
  }
}

function statusAnswer(facts: InvestigationFacts, question: InvestigationQuestion): string {
  const { language } = question;
  const isPt = language === 'pt';
  const counted = [
    `- **${isPt ? 'Anomalias' : 'Anomalies'}**: ${anomalyCounts(facts.anomalies, language)}`,
    `- **${isPt ? 'Achados' : 'Findings'}**: ${facts.findings.length}`,
    `- **${isPt ? 'Relatórios' : 'Reports'}**: ${facts.reports.length}`,
    `- **${isPt ? 'Eventos guardados' : 'Events kept'}**: ${extent(facts, language)}`,
  ];
  return titled(
    facts,
    question,
    { pt: 'Como está', en: 'How it stands' },
    [courseLines(facts, language), ...counted].join('\n'),
  );
}

function anomaliesAnswer(facts: InvestigationFacts, question: InvestigationQuestion): string {
  const { language, severity, byAmount } = question;
  const wanted =
    severity === undefined
      ? facts.anomalies
      : facts.anomalies.filter((anomaly) => anomaly.severity.known === severity);
  const ordered: readonly AnomalyFact[] = byAmount ? [...wanted].sort(largestFirst) : wanted;
  const title: Bilingual = byAmount
    ? { pt: 'Anomalias, do maior valor ao menor', en: 'Anomalies, largest amount first' }
    : { pt: 'Anomalias, das mais graves às mais leves', en: 'Anomalies, worst first' };
  const filterNote =
    severity === undefined
      ? ''
      : {
          pt: `De gravidade ${severityText({ known: severity, published: severity }, 'pt')}: ${wanted.length}.`,
          en: `Of ${severityText({ known: severity, published: severity }, 'en')} severity: ${wanted.length}.`,
        }[language];
  const total = { pt: 'Ao todo', en: 'In all' }[language];
  return titled(
    facts,
    question,
    title,
    paragraphs(
      `${total}: ${anomalyCounts(facts.anomalies, language)}.`,
      filterNote,
      anomalyLines(ordered, mostListed, language),
    ),
  );
}

function titled(
  facts: InvestigationFacts,
  { language, wantsDetail }: InvestigationQuestion,
  title: Bilingual,
  body: string,
): string {
  const subject = { pt: 'investigação', en: 'investigation' }[language];
  return paragraphs(
    `**${title[language]}**: ${subject} ${code(facts.id)}`,
    body,
    wantsDetail ? howToRead[language] : '',
    timesNote[language],
  );
}
