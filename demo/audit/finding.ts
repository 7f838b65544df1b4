type FindingType = 'price' | 'concentration' | 'split';
export type FindingSeverity = 'critical' | 'high' | 'medium' | 'low';

/** Something an audit found, with what it was counted from. */
export interface Finding {
  readonly type: FindingType;
  readonly severity: FindingSeverity;
  readonly description: string;
  /** Reais in question: paid above the median, paid to one supplier, or bought in portions. */
  readonly amount: number;
  readonly supplier: string;
  readonly unit: string;
  /** Numbers of the contracts it is about, oldest first. */
  readonly contracts: readonly string[];
}

/** The first severity whose least value is reached; the list goes from worst to mildest. */
export function severityFor(
  value: number,
  scale: readonly (readonly [least: number, severity: FindingSeverity])[],
): FindingSeverity | undefined {
  return scale.find(([least]) => value >= least)?.[1];
}

export function cents(reais: number): number {
  return Math.round(reais * 100) / 100;
}

/** Groups by a text, in the order the texts first occur. */
export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
