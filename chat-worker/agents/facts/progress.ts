import type { StrangerBody } from './stranger-fields.ts';
import { asText, firstField, isBody } from './stranger-fields.ts';

/** How far an investigation says it is, as it was published. */
export interface Progress {
  /** The published number or text. */
  readonly value: number | string;
  /** Whether a number is certainly a percentage. */
  readonly isPercent: boolean;
}

const percentNames = ['percent', 'percentage', 'percentual', 'pct', 'progress_percent', 'progressPercent'];
const progressNames = ['progress', 'progresso', 'completion', 'conclusao'];

/** The progress in a body, under the names publishers use; an object is looked into once. */
export function progressOf(body: StrangerBody): Progress | undefined {
  const percent = firstField(body, percentNames);
  const named = percent ?? firstField(body, progressNames);
  if (isBody(named)) return published(firstField(named, [...percentNames, 'value', 'valor']), true);
  return published(named, percent !== undefined);
}

function published(value: unknown, isPercentByName: boolean): Progress | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) {
    // 0.45 may be a fraction or under half a percent: it is shown as it was published.
    return { value, isPercent: isPercentByName || value === 0 || (value > 1 && value <= 100) };
  }
  const text = typeof value === 'string' ? asText(value, 40) : undefined;
  return text === undefined ? undefined : { value: text, isPercent: false };
}
