import { describe, expect, test } from 'vitest';
import { ChannelSimulation, type Outcome } from './channel-simulation.ts';
import { CALM, type Weather } from './weather.ts';

/** `SIMULATION_SEED=17` runs one seed alone, `SIMULATION_SEEDS=20000` more of them than usual. */
const ONE_SEED = process.env['SIMULATION_SEED'];
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 2_500);
const STEPS = 60;

async function simulate(count: number, weather?: Weather): Promise<Outcome> {
  const first = ONE_SEED === undefined ? 1 : Number(ONE_SEED);
  const last = ONE_SEED === undefined ? count : first;
  const total = { stored: 0, gaps: 0, reads: 0, joined: 0, settled: 0 };
  for (let seed = first; seed <= last; seed += 1) {
    const outcome = await runSeed(seed, weather);
    total.stored += outcome.stored;
    total.gaps += outcome.gaps;
    total.reads += outcome.reads;
    total.joined += outcome.joined;
    total.settled += outcome.settled;
  }
  return total;
}

async function runSeed(seed: number, weather: Weather | undefined): Promise<Outcome> {
  try {
    return await new ChannelSimulation(seed, weather).run(STEPS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it failed';
    throw new Error(`SIMULATION_SEED=${seed}: ${reason}`, { cause: error });
  }
}

describe('ChannelReader', () => {
  test('delivers everything once and in order, and hands out exact cursors, whatever happens', async () => {
    const total = await simulate(SEEDS);
    // That the runs did what they are for.
    if (ONE_SEED === undefined) {
      expect(total.stored).toBeGreaterThan(50 * SEEDS);
      expect(total.joined).toBeGreaterThan(SEEDS);
      expect(total.settled).toBeGreaterThan(SEEDS);
      expect(total.gaps).toBeGreaterThan(SEEDS / 100);
    }
  }, 180_000);

  test('needs no read for events that merely swapped', async () => {
    const total = await simulate(200, CALM);
    expect(total).toMatchObject({ gaps: 0, reads: 0 });
    expect(total.settled).toBeGreaterThan(0);
  }, 60_000);
});
