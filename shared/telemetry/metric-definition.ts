export type ServiceName = 'gateway' | 'chat-worker';

/** How a metric may be told apart further: one label of few, fixed values. Never who, never which chat. */
export interface LabelDefinition<Value extends string = string> {
  readonly name: string;
  readonly values: readonly Value[];
}

interface Common {
  /** OpenTelemetry's name; Prometheus's is derived from it. */
  readonly name: string;
  /** UCUM: `s`, `By`, `1`, or what is counted in braces. */
  readonly unit: string;
  readonly meaning: string;
}

type MaybeLabel = LabelDefinition | undefined;

/** Only ever grows. */
export interface CounterDefinition<Label extends MaybeLabel = MaybeLabel> extends Common {
  readonly type: 'counter';
  readonly label: Label;
}

/** What is now. */
export interface GaugeDefinition<Label extends MaybeLabel = MaybeLabel> extends Common {
  readonly type: 'gauge';
  readonly label: Label;
}

export interface HistogramDefinition<Label extends MaybeLabel = MaybeLabel> extends Common {
  readonly type: 'histogram';
  readonly label: Label;
  /** Upper bounds, in the unit. */
  readonly buckets: readonly number[];
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

/** What every metric is declared with; a label follows where there is one. */
type About = readonly [name: string, unit: string, meaning: string];

export function counter(...about: About): CounterDefinition<undefined>;
export function counter<L extends LabelDefinition>(...about: [...About, label: L]): CounterDefinition<L>;
export function counter(
  ...[name, unit, meaning, label]: [...About, label?: LabelDefinition]
): CounterDefinition {
  return { type: 'counter', name, unit, meaning, label };
}

export function gauge(...about: About): GaugeDefinition<undefined>;
export function gauge<L extends LabelDefinition>(...about: [...About, label: L]): GaugeDefinition<L>;
export function gauge(...[name, unit, meaning, label]: [...About, label?: LabelDefinition]): GaugeDefinition {
  return { type: 'gauge', name, unit, meaning, label };
}

export function histogram(buckets: readonly number[], ...about: About): HistogramDefinition<undefined>;
export function histogram<L extends LabelDefinition>(
  buckets: readonly number[],
  ...about: [...About, label: L]
): HistogramDefinition<L>;
export function histogram(
  buckets: readonly number[],
  ...[name, unit, meaning, label]: [...About, label?: LabelDefinition]
): HistogramDefinition {
  return { type: 'histogram', name, unit, meaning, label, buckets };
}

export function label<const Value extends string>(
  name: string,
  values: readonly Value[],
): LabelDefinition<Value> {
  return { name, values };
}

/** As collectors do it that pass OTLP on to Prometheus, so that both ways lead to one name. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', '1': '_ratio' };

/** The name Prometheus and its relatives know a metric by, whether they scrape it or get it by OTLP. */
export function prometheusName({ name, unit, type }: MetricDefinition): string {
  return prometheusBaseName(name, unit) + (type === 'counter' ? '_total' : '');
}

/** Without the ending that counters get. */
export function prometheusBaseName(name: string, unit: string): string {
  const base = name.replaceAll(/[^A-Za-z0-9]+/g, '_');
  const suffix = UNIT_SUFFIXES[unit] ?? '';
  return base.endsWith(suffix) ? base : base + suffix;
}
