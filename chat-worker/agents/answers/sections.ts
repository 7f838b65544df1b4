import type {
  AnomalyFact,
  InvestigationFacts,
  Source,
  Sourced,
  TimelineEntry,
} from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import { formatMoney } from '../facts/money.ts';
import type { Supplier } from '../facts/suppliers.ts';
import { cite, countOf, listed, plain, progressText, severityText, time } from './wording.ts';

/** Parts that several kinds of answers share: lists whose lines each carry their source. */

/** How the investigation stands, a line for each thing known. */
export function courseLines(facts: InvestigationFacts, language: Language): string {
  const isPt = language === 'pt';
  const lines: string[] = [];
  const add = (label: string, text: string, source: Source): void => {
    lines.push(`- **${label}**: ${text} ${cite(source, language)}`);
  };
  const { status, progress, message } = facts;
  if (status !== undefined) add(isPt ? 'Situação' : 'Status', plain(status.value), status.source);
  if (progress !== undefined) {
    add(isPt ? 'Progresso' : 'Progress', progressText(progress.value, language), progress.source);
  }
  if (message !== undefined) {
    add(isPt ? 'Última mensagem' : 'Latest message', plain(message.value), message.source);
  }
  if (lines.length === 0) {
    lines.push(
      isPt ? '- Nenhum evento diz a situação ou o progresso.' : '- No event tells status or progress.',
    );
  }
  return lines.join('\n');
}

/** "2 eventos, de … a …" */
export function extent({ eventCount, first, last }: InvestigationFacts, language: Language): string {
  const isPt = language === 'pt';
  const count = isPt ? countOf(eventCount, 'evento', 'eventos') : countOf(eventCount, 'event', 'events');
  if (first === undefined || last === undefined) return count;
  const [from, to] = [time(first.atMs), time(last.atMs)];
  if (eventCount === 1) return isPt ? `${count}, em ${from}` : `${count}, at ${from}`;
  return isPt ? `${count}, de ${from} a ${to}` : `${count}, from ${from} to ${to}`;
}

/** "3 anomalias: 1 de gravidade crítica e 2 de gravidade média", worst first. */
export function anomalyCounts(anomalies: readonly AnomalyFact[], language: Language): string {
  const isPt = language === 'pt';
  if (anomalies.length === 0) return isPt ? 'nenhuma anomalia' : 'no anomalies';
  const bySeverity = new Map<string, number>();
  for (const { severity } of anomalies) {
    const name = severityText(severity, language);
    bySeverity.set(name, (bySeverity.get(name) ?? 0) + 1);
  }
  const named = [...bySeverity].slice(0, mostSeverities);
  const others = anomalies.length - named.reduce((sum, [, count]) => sum + count, 0);
  const parts = named.map(([name, count]) => (isPt ? `${count} de gravidade ${name}` : `${count} ${name}`));
  if (others > 0) parts.push(isPt ? `${others} de outras gravidades` : `${others} of other severities`);
  const total = isPt
    ? countOf(anomalies.length, 'anomalia', 'anomalias')
    : countOf(anomalies.length, 'anomaly', 'anomalies');
  return `${total}: ${listed(parts, language)}`;
}

/** Publishers may use any word for a severity; a sentence holds only so many. */
const mostSeverities = 8;

export function anomalyLines(anomalies: readonly AnomalyFact[], most: number, language: Language): string {
  const isPt = language === 'pt';
  return limited(anomalies, most, language, ({ severity, description, amount, suppliers, source }) => {
    const parts = [`**${severityText(severity, language)}**: ${textOr(description, language)}`];
    if (amount !== undefined) parts.push(`${isPt ? 'valor' : 'amount'} ${plain(formatMoney(amount))}`);
    if (suppliers.length > 0) {
      const names = listed(suppliers.slice(0, mostSuppliersInLine).map(plain), language);
      parts.push(`${isPt ? 'fornecedor' : 'supplier'} ${names}`);
    }
    return `${parts.join('; ')} ${cite(source, language)}`;
  });
}

const mostSuppliersInLine = 3;

export function contentLines(
  contents: readonly Sourced<string | undefined>[],
  most: number,
  language: Language,
): string {
  return limited(contents, most, language, ({ value, source }) => {
    return `${cite(source, language)}: ${textOr(value, language)}`;
  });
}

export function supplierLines(suppliers: readonly Supplier[], most: number, language: Language): string {
  const isPt = language === 'pt';
  return limited(suppliers, most, language, ({ name, cnpj, eventCount }) => {
    const registration = cnpj === undefined ? '' : `, CNPJ ${plain(cnpj)}`;
    const count = isPt ? countOf(eventCount, 'evento', 'eventos') : countOf(eventCount, 'event', 'events');
    return `**${plain(name)}**${registration}: ${isPt ? 'em' : 'in'} ${count}`;
  });
}

/** Oldest first; where they are too many, the newest, and how many came before them. */
export function timelineLines(timeline: readonly TimelineEntry[], most: number, language: Language): string {
  const isPt = language === 'pt';
  const shown = timeline.slice(-most);
  const lines = shown.map(({ text, progress, source }) => {
    const said = [isPt ? kindInPortuguese(source.kind) : plain(source.kind)];
    if (text !== undefined) said.push(plain(text));
    if (progress !== undefined) said.push(progressText(progress, language));
    return `- ${time(source.atMs)}: ${said.join(', ')} (${isPt ? 'evento' : 'event'} ${source.sequence})`;
  });
  const earlier = timeline.length - shown.length;
  if (earlier === 0) return lines.join('\n');
  const note = isPt
    ? `- … ${countOf(earlier, 'evento anterior', 'eventos anteriores')}`
    : `- … ${countOf(earlier, 'earlier event', 'earlier events')}`;
  return [note, ...lines].join('\n');
}

/** The kinds that services usually publish; any other is shown as it is written. */
const kindNames: ReadonlyMap<string, string> = new Map([
  ['started', 'início'],
  ['progress', 'progresso'],
  ['status', 'situação'],
  ['anomaly', 'anomalia'],
  ['finding', 'achado'],
  ['evidence', 'evidência'],
  ['report', 'relatório'],
  ['supplier', 'fornecedor'],
  ['completed', 'conclusão'],
  ['finished', 'conclusão'],
  ['failed', 'falha'],
  ['cancelled', 'cancelamento'],
]);

function kindInPortuguese(kind: string): string {
  return kindNames.get(kind) ?? plain(kind);
}

function textOr(text: string | undefined, language: Language): string {
  return text === undefined ? (language === 'pt' ? 'sem descrição' : 'no description') : plain(text);
}

/** A list cut where it would no longer be read, saying how many are left. */
function limited<Item>(
  items: readonly Item[],
  most: number,
  language: Language,
  line: (item: Item) => string,
): string {
  const lines = items.slice(0, most).map((item) => `- ${line(item)}`);
  const left = items.length - lines.length;
  if (left > 0) lines.push(language === 'pt' ? `- … e mais ${left}` : `- … and ${left} more`);
  return lines.join('\n');
}
