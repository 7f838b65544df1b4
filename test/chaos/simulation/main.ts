import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Instruments } from './instruments.ts';
import { Simulation } from './simulation.ts';

const whole = z.coerce.number().int();
const settings = z.object({
  seeds: whole.min(1).default(2_000),
  seed: whole.min(0).default(1),
  /** Begin no more seeds after so long. */
  'budget-s': z.coerce.number().optional(),
  'stop-at-first': z.boolean().default(false),
});
const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    'budget-s': { type: 'string' },
    'stop-at-first': { type: 'boolean' },
  },
});
const wanted = settings.parse(values);
// Failed requests are ordinary here, and a stack costs more than the rest of them.
if (wanted.seeds > 1) Error.stackTraceLimit = 0;
const instruments = new Instruments();
const startedAt = process.hrtime.bigint();
let failed = 0;
let run = 0;

for (let seed = wanted.seed; seed < wanted.seed + wanted.seeds; seed += 1) {
  if (secondsSoFar() > (wanted['budget-s'] ?? Infinity)) break;
  const found = await tryOne(seed);
  run += 1;
  if (found.length === 0) continue;
  failed += 1;
  process.stdout.write(
    `${found.map((text) => `  ${text}\n`).join('')}seed ${seed} FAILED: ${found[0] ?? ''}\n`,
  );
  if (wanted['stop-at-first'] || failed >= 10) break;
}
process.stdout.write(`${run} seeds, ${failed} failed, ${secondsSoFar().toFixed(1)} s\n`);
process.exit(failed === 0 ? 0 : 1);

async function tryOne(seed: number): Promise<readonly string[]> {
  const simulation = new Simulation(seed, instruments);
  let found: readonly string[];
  try {
    found = await simulation.run();
  } catch (error) {
    found = [error instanceof Error ? (error.stack ?? error.message) : 'it broke'];
  }
  // One seed alone is looked at by somebody.
  if (wanted.seeds === 1) process.stdout.write(`${simulation.evidence().join('\n')}\n`);
  return found;
}

/** By the clock on the wall: the process's own is not of this world. */
function secondsSoFar(): number {
  return Number(process.hrtime.bigint() - startedAt) / 1e9;
}
