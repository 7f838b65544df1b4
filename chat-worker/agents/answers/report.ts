import type { InvestigationFacts } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
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
import { code, paragraphs, timesNote } from './wording.ts';

const short = { anomalies: 5, contents: 5, suppliers: 5, timeline: 5 } as const;
const detailed = { anomalies: 50, contents: 30, suppliers: 30, timeline: 50 } as const;

/** For who asks for detail. */
export const howToRead: Bilingual = {
  pt: 'Uma anomalia não é prova de crime: é um ponto que pede explicação. Para conferir uma linha, procure o evento pelo número citado no canal da investigação; quem acompanha a investigação recebeu o mesmo evento, com o mesmo horário.',
  en: 'An anomaly proves no crime: it is a point that asks for an explanation. To check a line, look for the event with the cited number in the channel of the investigation; whoever follows it received the same event, with the same time.',
};

/** A Markdown report. Sections without anything published are left out, except what was looked for. */
export function report(facts: InvestigationFacts, isDetailed: boolean, language: Language): string {
  const isPt = language === 'pt';
  const most = isDetailed ? detailed : short;
  const section = (title: string, body: string): string => (body === '' ? '' : `## ${title}\n\n${body}`);
  return paragraphs(
    `# ${isPt ? 'Relatório da investigação' : 'Report on investigation'} ${code(facts.id)}`,
    `${isPt ? 'Com base em' : 'Based on'} ${extent(facts, language)}.`,
    section(isPt ? 'Situação' : 'Status', courseLines(facts, language)),
    section(
      isPt ? 'Anomalias' : 'Anomalies',
      paragraphs(
        `${isPt ? 'Ao todo' : 'In all'}: ${anomalyCounts(facts.anomalies, language)}.`,
        anomalyLines(facts.anomalies, most.anomalies, language),
      ),
    ),
    section(isPt ? 'Achados' : 'Findings', contentLines(facts.findings, most.contents, language)),
    section(isPt ? 'Fornecedores' : 'Suppliers', supplierLines(facts.suppliers, most.suppliers, language)),
    section(
      isPt ? 'Relatórios publicados' : 'Published reports',
      contentLines(facts.reports, most.contents, language),
    ),
    section(isPt ? 'Linha do tempo' : 'Timeline', timelineLines(facts.timeline, most.timeline, language)),
    section(isPt ? 'Como ler' : 'How to read this', isDetailed ? howToRead[language] : ''),
    timesNote[language],
  );
}
