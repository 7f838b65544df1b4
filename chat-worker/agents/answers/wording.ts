import type { Source } from '../investigation-facts.ts';
import type { Language } from '../language.ts';
import type { Progress } from '../facts/progress.ts';
import type { KnownSeverity, Severity } from '../facts/severity.ts';

export type Bilingual = Readonly<Record<Language, string>>;

/** "1 anomalia", "2 anomalias". */
export function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * A stranger's text, safe in the middle of a line of Markdown: nothing in it can open a link, an image, a
 * tag, a table cell or emphasis. Underscores inside words are none, and statuses are full of them.
 */
export function plain(text: string): string {
  return text.replace(/[\\`*[\]<>|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}

/** An id; its alphabet holds nothing that could end the code span. */
export function code(id: string): string {
  return `\`${id}\``;
}

/** UTC in ISO 8601, as envelopes carry it; the last date JavaScript knows of is beyond any broker's clock. */
export function time(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString();
}

/** "(evento 42, 2026-01-31T12:00:00.000Z)": what a reader needs to check a statement. */
export function cite(source: Source, language: Language): string {
  return `(${language === 'pt' ? 'evento' : 'event'} ${source.sequence}, ${time(source.atMs)})`;
}

export const timesNote: Bilingual = {
  pt: 'Horários em UTC. Cada número acima vem dos eventos citados ou é uma contagem deles.',
  en: 'Times are UTC. Every figure above comes from the cited events or is a count of them.',
};

export function progressText({ value, isPercent }: Progress, language: Language): string {
  if (typeof value === 'string') return plain(value);
  // More decimals than two are noise of the publisher's arithmetic; they are dropped, not rounded up to 100.
  const shown = String(value).replace(/^(-?\d+\.\d{2})\d+$/, '$1');
  return `${language === 'pt' ? shown.replace('.', ',') : shown}${isPercent ? '%' : ''}`;
}

const severityNames: Readonly<Record<KnownSeverity, Bilingual>> = {
  critical: { pt: 'crítica', en: 'critical' },
  high: { pt: 'alta', en: 'high' },
  medium: { pt: 'média', en: 'medium' },
  low: { pt: 'baixa', en: 'low' },
  info: { pt: 'informativa', en: 'informational' },
};

export function severityText({ known, published }: Severity, language: Language): string {
  return known === undefined ? plain(published) : severityNames[known][language];
}

/** Paragraphs of Markdown; empty ones are left out. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Joined as a sentence would: "a, b e c". */
export function listed(items: readonly string[], language: Language): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${language === 'pt' ? 'e' : 'and'} ${items.at(-1) ?? ''}`;
}

/** One of the variants, the same for the same message (FNV-1a): answers are continued by other workers. */
export function variantFor<Value>(message: string, variants: readonly [Value, ...Value[]]): Value {
  let hash = 0x811c9dc5;
  for (let index = 0; index < message.length; index += 1) {
    hash = Math.imul(hash ^ message.charCodeAt(index), 0x01000193);
  }
  return variants[(hash >>> 0) % variants.length] ?? variants[0];
}
