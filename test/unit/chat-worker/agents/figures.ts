import type { InvestigationEvent } from '../../../../chat-worker/agents/agent.ts';

/**
 * Holds an answer against the events it speaks of, knowing nothing of how answers are made: every figure
 * must be a time, a sequence, an amount, a figure in the published data or ids, or a possible count.
 * Returns the figures that are none of these.
 */
export function inventedFigures(
  answer: string,
  ids: readonly string[],
  events: readonly InvestigationEvent[],
): readonly string[] {
  const leaves = events.flatMap(({ body, kind }) => [kind, ...leavesOf(body)]);
  const amounts = new Set(leaves.flatMap(centsOf));
  const sequences = new Set(events.map(({ sequence }) => String(sequence)));
  const times = new Set(events.map(({ storedAtMs }) => new Date(storedAtMs).toISOString()));
  const invented: string[] = [];
  const strike = (pattern: RegExp, isKnown: (figure: string) => boolean) => (text: string) =>
    text.replace(pattern, (whole: string, figure: string) => {
      if (!isKnown(figure)) invented.push(whole);
      return ' ';
    });
  const rest = [
    strike(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/g, (time) => times.has(time)),
    strike(/\((?:evento|event) (\d+)(?=[,)])/g, (sequence) => sequences.has(sequence)),
    strike(/`([A-Za-z0-9_-]+)`/g, (id) => ids.includes(id) || !/\d/.test(id)),
    strike(/(?:R\$|\b[A-Z]{3}) (\d{1,3}(?:\.\d{3})*,\d\d)\b/g, (amount) =>
      amounts.has(amount.replace(/\D/g, '')),
    ),
  ].reduce((text, step) => step(text), answer);
  const published = leaves.flatMap((leaf) => String(leaf).match(/\d+/g) ?? []);
  const mostCountable = events.length + events.reduce((sum, { body }) => sum + listedIn(body), 0);
  for (const [figure] of rest.matchAll(/\d+/g)) {
    const isCount = Number(figure) <= mostCountable && !/^0\d/.test(figure);
    // Cut texts and dropped decimals end in the middle of a published figure.
    if (!isCount && !published.some((run) => run.startsWith(figure))) invented.push(figure);
  }
  return invented;
}

/** How many things the lists in a body hold: an event may name several suppliers. */
function listedIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + listedIn(inner), own);
}

function leavesOf(value: unknown): readonly (string | number)[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leavesOf);
}

/** An amount's digits, in cents, as it would be written; strings are read in both conventions. */
function centsOf(leaf: string | number): readonly string[] {
  const cents = (amount: number): string[] =>
    Math.abs(amount) < 1e15 ? [Math.abs(amount).toFixed(2).replace('.', '')] : [];
  if (typeof leaf === 'number') return cents(leaf);
  const bare = leaf.replace(/^[^\d-]*/, '').trim();
  const brazilian = bare.replaceAll('.', '').replace(',', '.');
  const english = bare.replaceAll(',', '');
  return [bare, brazilian, english].map(Number).filter(Number.isFinite).flatMap(cents);
}
