import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** `CHAOS_TRIALS` and `CHAOS_SEED` try more, or again. */
const { CHAOS_TRIALS = '100', CHAOS_SEED = '1', SIMULATION_SEEDS = '20000' } = process.env;
/** What the simulation may take, whatever the machine: it stops there. */
const SIMULATION_BUDGET_S = '60';

async function run(script: string, ...args: readonly string[]): Promise<{ code: unknown; said: string }> {
  const path = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  process.stdout.write(said);
  return { code, said };
}

describe('whatever dies', () => {
  test('nothing is lost and nothing comes twice, in a simulation of the whole system', async () => {
    const args = ['--seeds', SIMULATION_SEEDS, '--budget-s', SIMULATION_BUDGET_S];
    const { code, said } = await run('chaos-simulate.js', ...args);
    expect(said).toMatch(/^[1-9]\d* seeds, 0 failed/m);
    expect(code).toBe(0);
  });

  test('nothing is lost and nothing comes twice, with real processes and a real broker', async () => {
    const { code, said } = await run('chaos.js', '--trials', CHAOS_TRIALS, '--seed', CHAOS_SEED);
    expect(said).toContain(`| trials | ${CHAOS_TRIALS} |`);
    expect(said).toContain('| violations of any kind | 0 |');
    expect(code).toBe(0);
  });
});
