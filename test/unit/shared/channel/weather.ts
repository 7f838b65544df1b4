import type { SeededRandom } from '../../../support/seeded-random.ts';

/** What may happen in a run: each seed gets some of it, so that faults also meet alone. */
export interface Weather {
  readonly subjects: number;
  readonly writers: number;
  readonly swap: number;
  readonly repeat: number;
  readonly requestFailure: number;
  readonly cuts: boolean;
  readonly elections: boolean;
  readonly stalls: boolean;
  readonly silentLosses: boolean;
  readonly trims: boolean;
  readonly purges: boolean;
  readonly replacements: boolean;
  readonly joins: boolean;
  readonly restarts: boolean;
  /** A reader is told to catch up without need. */
  readonly lookups: boolean;
}

/** Two writers' events swap, and nothing else ever happens. */
export const CALM: Weather = {
  subjects: 8,
  writers: 4,
  swap: 0.5,
  repeat: 0,
  requestFailure: 0,
  cuts: false,
  elections: false,
  stalls: false,
  silentLosses: false,
  trims: false,
  purges: false,
  replacements: false,
  joins: false,
  restarts: false,
  lookups: false,
};

export function anyWeather(random: SeededRandom): Weather {
  return {
    subjects: random.pick([1, 2, 4, 8, 8, 40, 300]),
    writers: random.integer(1, 5),
    swap: random.pick([0, 0.05, 0.5]),
    repeat: random.pick([0, 0, 0.1]),
    requestFailure: random.pick([0, 0, 0.1, 0.4]),
    cuts: random.chance(0.5),
    elections: random.chance(0.3),
    stalls: random.chance(0.3),
    silentLosses: random.chance(0.3),
    trims: random.chance(0.15),
    purges: random.chance(0.15),
    replacements: random.chance(0.15),
    joins: random.chance(0.8),
    restarts: random.chance(0.3),
    lookups: random.chance(0.5),
  };
}
