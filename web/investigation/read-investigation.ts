import type { InvestigationEvent, SubscriptionItem } from '../../client/index.ts';
import { amountOf } from './amount.ts';
import { severityOf, SEVERITIES, type Severity } from './severity.ts';
import { asText, firstField, isBody, textField, type StrangerBody } from './stranger-body.ts';

export interface Anomaly {
  readonly key: string;
  readonly severity: Severity;
  /** What kind of anomaly, in the publisher's own word. */
  readonly type: string | undefined;
  readonly description: string | undefined;
  readonly supplier: string | undefined;
  /** Reais. */
  readonly amount: number | undefined;
  readonly time: string;
}

export type TimelineEntry =
  | { readonly key: string; readonly kind: 'gap' }
  | {
      readonly key: string;
      readonly kind: 'event';
      /** `progress`, `anomaly`, `finding`, … any kind. */
      readonly name: string;
      readonly text: string | undefined;
      readonly severity: Severity | undefined;
      readonly time: string;
    };

export interface SeverityTotal {
  readonly severity: Severity;
  readonly count: number;
  /** Reais, of those that say one. */
  readonly amount: number;
}

/** An investigation as a person wants to see it. */
export interface InvestigationPicture {
  readonly title: string | undefined;
  /** 0 to 100; undefined while nobody has said. */
  readonly percent: number | undefined;
  /** What is being done now. */
  readonly stage: string | undefined;
  readonly contracts: { readonly done: number; readonly total: number } | undefined;
  /** The worst first, then the newest. */
  readonly anomalies: readonly Anomaly[];
  /** Only those that occur, the worst first. */
  readonly totals: readonly SeverityTotal[];
  readonly amount: number;
  /** The newest first. */
  readonly timeline: readonly TimelineEntry[];
}

const PERCENT_NAMES = ['percent', 'percentage', 'percentual', 'progress', 'progresso', 'completion'];
const STAGE_NAMES = ['message', 'mensagem', 'stage', 'etapa', 'status', 'descricao', 'description'];
const TEXT_NAMES = [
  'message',
  'mensagem',
  'title',
  'titulo',
  'summary',
  'resumo',
  'description',
  'descricao',
];

export function readInvestigation(items: readonly SubscriptionItem[]): InvestigationPicture {
  const events = items.filter((item) => item.type !== 'gap');
  const progress = events.filter(({ type }) => type === 'investigation_progress').map(({ data }) => data);
  const anomalies = events.filter((event) => event.type === 'anomaly_detected').map(readAnomaly);
  const totals = SEVERITIES.map((severity) => totalOf(severity, anomalies)).filter(({ count }) => count > 0);
  return {
    title: firstOf(events, ({ data }) => textField(data, ['title', 'titulo', 'objective', 'objetivo'])),
    percent: lastOf(progress, percentOf),
    stage: lastOf(progress, (body) => textField(body, STAGE_NAMES)),
    contracts: lastOf(progress, contractsOf),
    anomalies: byRank(anomalies),
    totals,
    amount: totals.reduce((sum, { amount }) => sum + amount, 0),
    timeline: items.map(entryOf).reverse(),
  };
}

function readAnomaly(event: Extract<InvestigationEvent, { type: 'anomaly_detected' }>): Anomaly {
  const { severity, description, details } = event.data;
  const supplier = firstField(details, ['supplier', 'fornecedor', 'contratada', 'empresa']);
  return {
    key: event.id,
    severity: severityOf(severity),
    type: textField(details, ['type', 'tipo', 'anomaly_type']),
    description: asText(description) ?? textField(details, TEXT_NAMES),
    supplier: isBody(supplier) ? textField(supplier, ['name', 'nome', 'razao_social']) : asText(supplier),
    amount: amountOf(details),
    time: event.timestamp,
  };
}

function byRank(anomalies: readonly Anomaly[]): readonly Anomaly[] {
  const rank = ({ severity }: Anomaly): number => SEVERITIES.indexOf(severity);
  return [...anomalies].reverse().sort((left, right) => rank(left) - rank(right));
}

function totalOf(severity: Severity, anomalies: readonly Anomaly[]): SeverityTotal {
  const those = anomalies.filter((anomaly) => anomaly.severity === severity);
  return { severity, count: those.length, amount: those.reduce((sum, { amount }) => sum + (amount ?? 0), 0) };
}

/** Numbers up to 100; `0.45` could be a fraction or less than half a percent, and is read as a fraction. */
function percentOf(body: StrangerBody): number | undefined {
  const named = firstField(body, PERCENT_NAMES);
  const value = isBody(named) ? firstField(named, [...PERCENT_NAMES, 'value', 'valor']) : named;
  const number = typeof value === 'string' ? Number(value.replace('%', '').replace(',', '.')) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0 || number > 100) return undefined;
  return number > 0 && number < 1 ? number * 100 : number;
}

function contractsOf(body: StrangerBody): { readonly done: number; readonly total: number } | undefined {
  const done = firstField(body, ['contracts_analyzed', 'contratos_analisados', 'analyzed']);
  const total = firstField(body, ['contracts_total', 'contratos_total', 'total_contratos']);
  return typeof done === 'number' && typeof total === 'number' ? { done, total } : undefined;
}

function entryOf(item: SubscriptionItem, index: number): TimelineEntry {
  if (item.type === 'gap') return { key: `gap-${String(index)}`, kind: 'gap' };
  const { id: key, timestamp: time } = item;
  if (item.type === 'anomaly_detected') {
    const { severity, description } = readAnomaly(item);
    return { key, kind: 'event', name: 'anomaly', text: description, severity, time };
  }
  const name = asText(item.data.update_type) ?? item.type.slice('investigation_'.length);
  const names = name === 'progress' ? STAGE_NAMES : TEXT_NAMES;
  return { key, kind: 'event', name, text: textField(item.data, names), severity: undefined, time };
}

function lastOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (let index = items.length - 1; index >= 0; index -= 1) {
    const item = items[index];
    const found = item === undefined ? undefined : find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
