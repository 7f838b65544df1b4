import type { InvestigationFacts } from '../investigation-facts.ts';
import { largestFirst } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import { formatMoney } from '../facts/money.ts';
import type { KnownSeverity } from '../facts/severity.ts';
import type { Bilingual } from './wording.ts';
import { cite, code, paragraphs, plain, progressText, severityText, time, timesNote } from './wording.ts';

type Cell = (facts: InvestigationFacts, language: Language) => string;

const absent = '-';

const anomaliesOf = (severity: KnownSeverity): Cell => {
  return ({ anomalies }) => String(anomalies.filter(({ severity: { known } }) => known === severity).length);
};

const severityLabel = (known: KnownSeverity): Bilingual => ({
  pt: `Anomalias de gravidade ${severityText({ known, published: known }, 'pt')}`,
  en: `Anomalies of ${severityText({ known, published: known }, 'en')} severity`,
});

const largestAmount: Cell = ({ anomalies }, language) => {
  const largest = [...anomalies].sort(largestFirst)[0];
  return largest?.amount === undefined
    ? absent
    : `${plain(formatMoney(largest.amount))} ${cite(largest.source, language)}`;
};

const rows: readonly (readonly [label: Bilingual, cell: Cell])[] = [
  [
    { pt: 'Situação', en: 'Status' },
    ({ status }, language) =>
      status === undefined ? absent : `${plain(status.value)} ${cite(status.source, language)}`,
  ],
  [
    { pt: 'Progresso', en: 'Progress' },
    ({ progress }, language) =>
      progress === undefined
        ? absent
        : `${progressText(progress.value, language)} ${cite(progress.source, language)}`,
  ],
  [{ pt: 'Anomalias', en: 'Anomalies' }, ({ anomalies }) => String(anomalies.length)],
  ...(['critical', 'high', 'medium', 'low'] as const).map(
    (severity) => [severityLabel(severity), anomaliesOf(severity)] as const,
  ),
  [{ pt: 'Maior valor em uma anomalia', en: 'Largest amount in one anomaly' }, largestAmount],
  [{ pt: 'Achados', en: 'Findings' }, ({ findings }) => String(findings.length)],
  [{ pt: 'Relatórios', en: 'Reports' }, ({ reports }) => String(reports.length)],
  [{ pt: 'Fornecedores citados', en: 'Suppliers named' }, ({ suppliers }) => String(suppliers.length)],
  [{ pt: 'Eventos guardados', en: 'Events kept' }, ({ eventCount }) => String(eventCount)],
  [
    { pt: 'Primeiro evento', en: 'First event' },
    ({ first }) => (first === undefined ? absent : time(first.atMs)),
  ],
  [
    { pt: 'Último evento', en: 'Latest event' },
    ({ last }) => (last === undefined ? absent : time(last.atMs)),
  ],
];

/** Investigations side by side, a row for each thing that can be compared without judging it. */
export function comparison(investigations: readonly InvestigationFacts[], language: Language): string {
  const ids = investigations.map(({ id }) => code(id));
  const table = [
    `| | ${ids.join(' | ')} |`,
    `| --- |${' --- |'.repeat(ids.length)}`,
    ...rows.map(([label, cell]) => {
      return `| ${label[language]} | ${investigations.map((facts) => cell(facts, language)).join(' | ')} |`;
    }),
  ].join('\n');
  const shared = sharedSuppliers(investigations, language);
  return paragraphs(table, shared, timesNote[language]);
}

const mostShared = 10;

/** What two investigations have in common is often the story. */
function sharedSuppliers(investigations: readonly InvestigationFacts[], language: Language): string {
  const [first, ...others] = investigations;
  if (first === undefined || others.length === 0) return '';
  const namesOf = (facts: InvestigationFacts): ReadonlySet<string> =>
    new Set(facts.suppliers.map(({ name }) => name.toLowerCase()));
  const otherNames = others.map(namesOf);
  const shared = first.suppliers.filter(({ name }) =>
    otherNames.every((names) => names.has(name.toLowerCase())),
  );
  if (shared.length === 0) return '';
  const names = shared.slice(0, mostShared).map(({ name }) => plain(name));
  const heading = { pt: 'Fornecedores em comum', en: 'Suppliers in common' }[language];
  return `**${heading}** (${shared.length}): ${names.join(', ')}`;
}
