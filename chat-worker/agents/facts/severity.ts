import { foldText } from '../lexicon/fold-text.ts';
import type { StrangerBody } from './stranger-fields.ts';
import { nameField } from './stranger-fields.ts';

export type KnownSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** One of the known ones, or whatever word the publisher used. */
export interface Severity {
  readonly known: KnownSeverity | undefined;
  readonly published: string;
}

const spellings: Readonly<Record<KnownSeverity, readonly string[]>> = {
  critical: ['critical', 'critica', 'critico', 'criticas', 'criticos', 'severe', 'gravissima', 'urgente'],
  high: ['high', 'alta', 'alto', 'altas', 'altos', 'grave', 'graves', 'elevada', 'elevado', 'serious'],
  medium: ['medium', 'media', 'medio', 'medias', 'medios', 'moderate', 'moderada', 'moderado'],
  low: ['low', 'baixa', 'baixo', 'baixas', 'baixos', 'leve', 'leves', 'minor'],
  info: ['info', 'informational', 'informativa', 'informativo', 'informativas'],
};

const bySpelling: ReadonlyMap<string, KnownSeverity> = new Map(
  (Object.keys(spellings) as KnownSeverity[]).flatMap((known) =>
    spellings[known].map((spelling) => [spelling, known] as const),
  ),
);

export function knownSeverity(word: string): KnownSeverity | undefined {
  return bySpelling.get(foldText(word));
}

/** An anomaly's severity: "medium" where nothing is said, as on the wire. */
export function severityOf(body: StrangerBody): Severity {
  const published = nameField(body, ['severity', 'severidade', 'gravidade']) ?? 'medium';
  return { known: knownSeverity(published), published };
}

const ranks: Readonly<Record<KnownSeverity, number>> = { critical: 0, high: 1, medium: 2, low: 4, info: 5 };

/** Lower is worse. A word we do not know may mean anything: after the middle, before the harmless. */
export function severityRank({ known }: Severity): number {
  return known === undefined ? 3 : ranks[known];
}
