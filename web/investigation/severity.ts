/** Worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

const SPELLINGS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'critica', 'critico', 'severe', 'gravissima', 'urgente'],
  high: ['high', 'alta', 'alto', 'grave', 'elevada', 'elevado', 'serious'],
  medium: ['medium', 'media', 'medio', 'moderate', 'moderada', 'moderado'],
  low: ['low', 'baixa', 'baixo', 'leve', 'minor'],
  info: ['info', 'informational', 'informativa', 'informativo'],
};

const bySpelling: ReadonlyMap<string, Severity> = new Map(
  SEVERITIES.flatMap((severity) => SPELLINGS[severity].map((spelling) => [spelling, severity] as const)),
);

/** A word nobody knows is in the middle, as no word is. */
export function severityOf(word: unknown): Severity {
  if (typeof word !== 'string' || word.length > 40) return 'medium';
  const folded = word.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
  return bySpelling.get(folded) ?? 'medium';
}
