/** What is compared: `ratio` is ours divided by the reference, `value` is ours alone, in the figure's unit. */
export interface Bar {
  readonly of: 'ratio' | 'value';
  readonly limit: number;
  /** Most figures are costs, which should be low. */
  readonly is?: 'at most' | 'at least';
}

/** One line of the table. */
export interface Figure {
  /** `--only` finds it by this. */
  readonly name: string;
  readonly what: string;
  readonly unit: 'µs' | 'ms' | 'KiB' | 'MiB' | 'sockets' | 'reads' | 's' | 'chats';
  /** What ours is compared with, in words; undefined where the bar is a value. */
  readonly reference?: string;
  readonly bar: Bar;
}

/** How, and of which builds, figures are wanted. */
export interface Bench {
  /** The folders of the built trees to measure side by side: the first is this one. */
  readonly trees: readonly string[];
  readonly rounds: number;
  /** 1 is a whole measurement; the guard of the tests makes do with a part. */
  readonly share: number;
}

/** One sample a round. */
export interface Samples {
  readonly reference: readonly number[];
  /** For each tree. */
  readonly ours: readonly (readonly number[])[];
  /** How busy the driver's own processor was at most, 0 to 1: near 1 the driver is what was measured. */
  readonly driverLoad?: number;
  /**
   * Each sample was taken next to the reference's of the same place: the bar is laid on the median of their
   * ratios, which drifts of the machine do not reach.
   */
  readonly paired?: boolean;
  /** What a reader of the figure has to know. */
  readonly note?: string;
}

/** One set-up, which gives one line or several. */
export interface Experiment {
  readonly figures: readonly Figure[];
  /** Too long for every run: only by its name. */
  readonly onlyByName?: boolean;
  /** Steady and short enough to guard each change: see `--guard`. */
  readonly guards?: boolean;
  /** @returns the samples of each figure by its name */
  readonly measure: (bench: Bench) => Promise<Readonly<Record<string, Samples>>>;
}

/** Measures each in turn, round after round: what the machine does to one it does to all. */
export async function interleave<Sample>(
  rounds: number,
  measurements: readonly (() => Promise<Sample>)[],
): Promise<readonly (readonly Sample[])[]> {
  const samples = measurements.map((): Sample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, measure] of measurements.entries()) samples[index]?.push(await measure());
  }
  return samples;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param share 0.5 is the median, 0.99 the value that one in a hundred exceeds */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
