import { median, type Figure, type Samples } from './experiment.ts';

export interface Verdict {
  /** What the bar is laid on, of each tree. */
  readonly values: readonly number[];
  readonly passed: boolean;
}

/** @param slack how many times the bar is allowed: 1, or 2 for the guard of the tests */
export function judge({ bar }: Figure, { reference, ours, paired }: Samples, slack: number): Verdict {
  const values = ours.map((samples) => {
    if (bar.of === 'value') return median(samples);
    return paired === true ? median(ratios(samples, reference)) : median(samples) / median(reference);
  });
  const [value = Number.NaN] = values;
  const passed = bar.is === 'at least' ? value >= bar.limit / slack : value <= bar.limit * slack;
  return { values, passed };
}

function ratios(samples: readonly number[], reference: readonly number[]): readonly number[] {
  return samples.map((sample, index) => sample / (reference[index] ?? Number.NaN));
}
