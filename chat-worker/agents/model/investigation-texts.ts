import {
  anomalyCounts,
  anomalyLines,
  contentLines,
  courseLines,
  extent,
  supplierLines,
  timelineLines,
} from '../answers/sections.ts';
import { code, paragraphs } from '../answers/wording.ts';
import type { KnownSeverity } from '../facts/severity.ts';
import { largestFirst, type InvestigationFacts } from '../investigation-facts.ts';

/**
 * What a model is told of an investigation: the same facts, with the same sources, as the built-in agent
 * states. Written in Portuguese, as its instructions are.
 */
const MOST = { anomalies: 40, timeline: 60, contents: 15, suppliers: 20 } as const;

export function statusText(facts: InvestigationFacts): string {
  if (facts.eventCount === 0) return nothingKnown(facts.id);
  return paragraphs(
    heading('Situação', facts),
    courseLines(facts, 'pt'),
    `- **Anomalias**: ${anomalyCounts(facts.anomalies, 'pt')}`,
    list('Achados', facts.findings.length, contentLines(facts.findings, MOST.contents, 'pt')),
    list(
      'Fornecedores citados',
      facts.suppliers.length,
      supplierLines(facts.suppliers, MOST.suppliers, 'pt'),
    ),
    list('Relatórios publicados', facts.reports.length, contentLines(facts.reports, MOST.contents, 'pt')),
  );
}

export interface AnomalyFilter {
  readonly severity?: KnownSeverity | undefined;
  readonly byAmount?: boolean | undefined;
}

export function anomaliesText(facts: InvestigationFacts, { severity, byAmount }: AnomalyFilter = {}): string {
  if (facts.eventCount === 0) return nothingKnown(facts.id);
  const wanted = facts.anomalies.filter(
    (anomaly) => severity === undefined || anomaly.severity.known === severity,
  );
  const ordered = byAmount === true ? [...wanted].sort(largestFirst) : wanted;
  return paragraphs(
    heading('Anomalias', facts),
    `Ao todo: ${anomalyCounts(facts.anomalies, 'pt')}.`,
    severity === undefined ? '' : `Da gravidade pedida: ${wanted.length}.`,
    anomalyLines(ordered, MOST.anomalies, 'pt'),
  );
}

export function timelineText(facts: InvestigationFacts, latest: number = MOST.timeline): string {
  if (facts.eventCount === 0) return nothingKnown(facts.id);
  const most = Math.min(latest, MOST.timeline);
  return paragraphs(heading('Linha do tempo', facts), timelineLines(facts.timeline, most, 'pt'));
}

/** Everything at once, for a model that cannot ask. */
export function wholeText(facts: InvestigationFacts): string {
  if (facts.eventCount === 0) return nothingKnown(facts.id);
  return paragraphs(statusText(facts), anomaliesText(facts), timelineText(facts, 25));
}

/** Also said of one that the asker may not see: that it exists is nobody else's business. */
function nothingKnown(id: string): string {
  return `Nenhum evento conhecido da investigação ${code(id)}. Nada pode ser afirmado sobre ela.`;
}

function heading(title: string, facts: InvestigationFacts): string {
  return `**${title}** da investigação ${code(facts.id)} (${extent(facts, 'pt')}; horários em UTC)`;
}

function list(title: string, count: number, lines: string): string {
  return count === 0 ? '' : `**${title}** (${count}):\n${lines}`;
}

/** Whole lines only: half a figure would be a wrong one. */
export function shortened(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const end = text.lastIndexOf('\n', maxCharacters);
  return `${text.slice(0, Math.max(0, end))}\n[cortado: há mais do que cabe aqui]`;
}
