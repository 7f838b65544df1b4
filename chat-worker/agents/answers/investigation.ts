import type { InvestigationTopic } from '../question/answer-plan.ts';
import type { AnomalyFact, InvestigationFacts } from '../investigation-facts.ts';
import { largestFirst } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import type { KnownSeverity } from '../facts/severity.ts';
import { foldText } from '../lexicon/fold-text.ts';
import { namedSuppliers } from '../facts/suppliers.ts';
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
  /** A sum is not in the events, so it is not given. */
  readonly asksForSum: boolean;
  /** Whether somebody did wrong is not in the events either. */
  readonly asksForGuilt: boolean;
  /** As it was written: it may name a supplier. */
  readonly message: string;
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
  const named = namedSuppliers(facts.suppliers, question.message);
  const wanted = facts.anomalies
    .filter((anomaly) => severity === undefined || anomaly.severity.known === severity)
    .filter(
      ({ suppliers }) => named.length === 0 || suppliers.some((name) => named.includes(foldText(name))),
    );
  const ordered: readonly AnomalyFact[] = byAmount ? [...wanted].sort(largestFirst) : wanted;
  const title: Bilingual = byAmount
    ? { pt: 'Anomalias, do maior valor ao menor', en: 'Anomalies, largest amount first' }
    : { pt: 'Anomalias, das mais graves às mais leves', en: 'Anomalies, worst first' };
  const total = { pt: 'Ao todo', en: 'In all' }[language];
  return titled(
    facts,
    question,
    title,
    paragraphs(
      `${total}: ${anomalyCounts(facts.anomalies, language)}.`,
      filterNote(wanted.length, severity, named.length > 0, language),
      anomalyLines(ordered, mostListed, language),
      question.asksForSum ? noSum[language] : '',
      question.asksForGuilt ? noVerdict[language] : '',
    ),
  );
}

/** "De gravidade alta, do fornecedor citado: 2."; empty when nothing was left out. */
function filterNote(
  count: number,
  severity: KnownSeverity | undefined,
  bySupplier: boolean,
  language: Language,
): string {
  const parts: string[] = [];
  if (severity !== undefined) {
    const name = severityText({ known: severity, published: severity }, language);
    parts.push({ pt: `de gravidade ${name}`, en: `of ${name} severity` }[language]);
  }
  if (bySupplier) parts.push({ pt: 'do fornecedor citado', en: 'of the supplier you named' }[language]);
  if (parts.length === 0) return '';
  const text = parts.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}: ${count}.`;
}

const noSum: Bilingual = {
  pt: 'Os valores eu não somo: podem repetir o mesmo contrato, e a soma ninguém publicou. Cada um está acima, com o seu evento.',
  en: 'I add up no amounts: they may repeat the same contract, and nobody has published their sum. Each stands above, with its event.',
};
const noVerdict: Bilingual = {
  pt: 'Anomalia não é prova de fraude nem de crime: é um ponto que pede explicação. Isso quem decide são os órgãos de controle e a Justiça.',
  en: 'An anomaly proves neither fraud nor crime: it is a point that asks for an explanation. Control bodies and the courts decide that.',
};

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
