import { basename, dirname } from 'node:path';
import { median, type Figure, type Samples } from './experiment.ts';
import type { Verdict } from './verdict.ts';

const WIDTHS = [22, 30, 30, 10, 14, 8, 8];

export const HEADER = row([
  'figure',
  'reference [spread]',
  'this [spread]',
  'this/ref',
  'bar',
  'driver',
  'verdict',
]);

/** A line of the table; with several trees one line for each, the others below. */
export function linesOf(
  figure: Figure,
  samples: Samples,
  verdict: Verdict,
  trees: readonly string[],
): string {
  const [first = [], ...others] = samples.ours;
  const lines = [
    row([
      figure.name,
      samples.reference.length === 0 ? '-' : spread(samples.reference, figure.unit),
      spread(first, figure.unit),
      ratioOf(figure, verdict.values[0]),
      barOf(figure),
      samples.driverLoad === undefined ? '-' : `${(100 * samples.driverLoad).toFixed(0)} %`,
      verdict.passed ? 'pass' : 'FAIL',
    ]),
    ...others.map((theirs, index) =>
      row([
        `  at ${basename(dirname(trees[index + 1] ?? ''))}`,
        '',
        spread(theirs, figure.unit),
        ratioOf(figure, verdict.values[index + 1]),
      ]),
    ),
  ];
  if (samples.note !== undefined) lines.push(`  ${samples.note}`);
  return lines.join('\n');
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join('')
    .trimEnd();
}

function ratioOf({ bar }: Figure, value: number | undefined): string {
  return bar.of === 'ratio' && value !== undefined ? value.toFixed(2) : '-';
}

function barOf({ bar, unit }: Figure): string {
  const sign = bar.is === 'at least' ? '≥' : '≤';
  return bar.of === 'ratio' ? `${sign} ${String(bar.limit)}` : `${sign} ${String(bar.limit)} ${unit}`;
}

function spread(values: readonly number[], unit: string): string {
  const short = (value: number): string => (value >= 1_000 ? value.toFixed(0) : value.toFixed(2));
  return `${short(median(values))} ${unit} [${short(Math.min(...values))}..${short(Math.max(...values))}]`;
}
