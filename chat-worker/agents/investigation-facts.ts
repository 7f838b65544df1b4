import type { InvestigationEvent } from './agent.ts';
import { foldText } from './lexicon/fold-text.ts';
import type { Money } from './facts/money.ts';
import { moneyOf } from './facts/money.ts';
import type { Progress } from './facts/progress.ts';
import { progressOf } from './facts/progress.ts';
import type { Severity } from './facts/severity.ts';
import { severityOf, severityRank } from './facts/severity.ts';
import type { StrangerBody } from './facts/stranger-fields.ts';
import { bodyAndWrapped, textField } from './facts/stranger-fields.ts';
import type { Supplier } from './facts/suppliers.ts';
import { SupplierTally, suppliersOf } from './facts/suppliers.ts';

/** Where a fact comes from: what an answer cites. */
export interface Source {
  readonly kind: string;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface Sourced<Value> {
  readonly value: Value;
  readonly source: Source;
}

export interface AnomalyFact {
  readonly severity: Severity;
  readonly description: string | undefined;
  readonly amount: Money | undefined;
  readonly suppliers: readonly string[];
  readonly source: Source;
}

export interface TimelineEntry {
  readonly text: string | undefined;
  readonly progress: Progress | undefined;
  readonly source: Source;
}

/** Everything answers may say about one investigation. All of it comes from its events. */
export interface InvestigationFacts {
  readonly id: string;
  readonly eventCount: number;
  readonly first: Source | undefined;
  readonly last: Source | undefined;
  readonly status: Sourced<string> | undefined;
  readonly progress: Sourced<Progress> | undefined;
  readonly message: Sourced<string> | undefined;
  /** Worst first; equally bad ones by amount, then as they came. */
  readonly anomalies: readonly AnomalyFact[];
  readonly findings: readonly Sourced<string | undefined>[];
  readonly reports: readonly Sourced<string | undefined>[];
  readonly suppliers: readonly Supplier[];
  /** Oldest first. */
  readonly timeline: readonly TimelineEntry[];
}

type Role = 'anomaly' | 'finding' | 'report' | 'supplier' | 'course';

const roleByKind: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...['anomaly', 'anomalies', 'anomalia', 'anomalias'].map((kind) => [kind, 'anomaly'] as const),
  ...['finding', 'findings', 'achado', 'achados', 'evidence'].map((kind) => [kind, 'finding'] as const),
  ...['report', 'reports', 'relatorio', 'relatorios'].map((kind) => [kind, 'report'] as const),
  ...['supplier', 'suppliers', 'fornecedor', 'fornecedores'].map((kind) => [kind, 'supplier'] as const),
]);

/** Kinds that say by their name how the investigation stands. */
const statusKinds: ReadonlySet<string> = new Set(
  'started completed finished failed cancelled canceled paused resumed done iniciada concluida cancelada'.split(
    ' ',
  ),
);

const statusNames = ['status', 'state', 'estado', 'situacao', 'situação', 'phase', 'fase', 'stage', 'etapa'];
const messageNames = [
  'message',
  'mensagem',
  'msg',
  'description',
  'descricao',
  'descrição',
  'detail',
  'text',
];
const contentNames = [
  ...['description', 'descricao', 'descrição', 'title', 'titulo', 'título', 'summary', 'resumo'],
  ...['message', 'mensagem', 'finding', 'achado', 'text', 'texto', 'name', 'nome', 'url', 'link'],
];

/** Pure and total: whatever the bodies hold, the same events give the same facts. */
export function investigationFacts(id: string, events: readonly InvestigationEvent[]): InvestigationFacts {
  const course = new Course();
  const anomalies: AnomalyFact[] = [];
  const findings: Sourced<string | undefined>[] = [];
  const reports: Sourced<string | undefined>[] = [];
  const timeline: TimelineEntry[] = [];
  const suppliers = new SupplierTally();
  for (const { kind, body, sequence, storedAtMs } of events) {
    const source: Source = { kind, sequence, atMs: storedAtMs };
    const role = roleByKind.get(foldText(kind)) ?? 'course';
    const named = suppliersOf(body, role === 'supplier');
    suppliers.count(named);
    const content = contentOf(body);
    if (role === 'anomaly') anomalies.push(anomalyOf(body, content, named, source));
    else if (role === 'finding') findings.push({ value: content, source });
    else if (role === 'report') reports.push({ value: content, source });
    else if (role === 'course') course.follow(body, source);
    const told = content ?? (named.map(({ name }) => name).join(', ') || undefined);
    timeline.push(timelineEntry(role, body, told, source));
  }
  return {
    id,
    eventCount: events.length,
    first: timeline.at(0)?.source,
    last: timeline.at(-1)?.source,
    ...course.state(),
    anomalies: anomalies.sort(worstFirst),
    findings,
    reports,
    suppliers: suppliers.mostNamedFirst(),
    timeline,
  };
}

/** How the investigation stands: the last word on each of status, progress and message. */
class Course {
  #status: Sourced<string> | undefined;
  #progress: Sourced<Progress> | undefined;
  #message: Sourced<string> | undefined;

  follow(body: StrangerBody, source: Source): void {
    const status = statusOf(body, source.kind);
    const progress = progressOf(body);
    const message = textField(body, messageNames);
    if (status !== undefined) this.#status = { value: status, source };
    if (progress !== undefined) this.#progress = { value: progress, source };
    if (message !== undefined) this.#message = { value: message, source };
  }

  state(): Pick<InvestigationFacts, 'status' | 'progress' | 'message'> {
    return { status: this.#status, progress: this.#progress, message: this.#message };
  }
}

function statusOf(body: StrangerBody, kind: string): string | undefined {
  return textField(body, statusNames) ?? (statusKinds.has(foldText(kind)) ? kind : undefined);
}

function contentOf(body: StrangerBody): string | undefined {
  for (const source of bodyAndWrapped(body)) {
    const text = textField(source, contentNames);
    if (text !== undefined) return text;
  }
  return undefined;
}

function anomalyOf(
  body: StrangerBody,
  description: string | undefined,
  named: readonly Supplier[],
  source: Source,
): AnomalyFact {
  return {
    severity: severityOf(body),
    description,
    amount: moneyOf(body),
    suppliers: named.map(({ name }) => name),
    source,
  };
}

function timelineEntry(
  role: Role,
  body: StrangerBody,
  content: string | undefined,
  source: Source,
): TimelineEntry {
  if (role !== 'course') return { text: content, progress: undefined, source };
  const parts = [statusOf(body, source.kind), textField(body, messageNames) ?? content];
  const text = parts.filter((part) => part !== undefined && part !== source.kind).join(': ');
  return { text: text === '' ? undefined : text, progress: progressOf(body), source };
}

function worstFirst(a: AnomalyFact, b: AnomalyFact): number {
  const bySeverity = severityRank(a.severity) - severityRank(b.severity);
  return bySeverity === 0 ? largestFirst(a, b) : bySeverity;
}

/** By amount; what names none comes last. The sort is stable, so equals stay as they came. */
export function largestFirst(a: AnomalyFact, b: AnomalyFact): number {
  const [amountA, amountB] = [a.amount?.value ?? -Infinity, b.amount?.value ?? -Infinity];
  return amountA === amountB ? 0 : amountB - amountA;
}
