import { median, type Figure, type Samples } from './experiment.ts';

export interface Verdict {
  /** What the bar is laid on, of each tree. */
  readonly values: readonly number[];
  readonly passed: boolean;
}

/** @param slack how many times the bar is allowed: 1, or 2 for the guard of the tests */
export function judge({ bar }: Figure, { reference, ours }: Samples, slack: number): Verdict {
  const values = ours.map((samples) =>
    bar.of === 'ratio' ? median(samples) / median(reference) : median(samples),
  );
  const [value = Number.NaN] = values;
  const passed = bar.is === 'at least' ? value >= bar.limit / slack : value <= bar.limit * slack;
  return { values, passed };
}
