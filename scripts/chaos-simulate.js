import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './chaos/bundle.js';

/**
 * `npm run chaos:simulate -- [--seeds N] [--seed S] [--budget-s B] [--stop-at-first]`: the seeds are shared
 * out among as many processes as there are cores.
 */
const ROOT = resolve(import.meta.dirname, '..');
// One's own: another run may be under way.
const folder = join(ROOT, 'dist', `simulation-${process.pid}`);

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    'budget-s': { type: 'string', default: '86400' },
    'stop-at-first': { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.seed);
const others = ['--budget-s', values['budget-s'], ...(values['stop-at-first'] ? ['--stop-at-first'] : [])];

process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const startedAtMs = Date.now();
await bundle(ROOT, folder);
const count = Math.min(seeds, availableParallelism());
const shares = Array.from({ length: count }, (_, index) => {
  const from = first + Math.floor((index * seeds) / count);
  const to = first + Math.floor(((index + 1) * seeds) / count);
  return runShare(from, to - from);
});
const results = await Promise.all(shares);
const run = results.reduce((sum, result) => sum + result.run, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
console.log(`${run} seeds, ${failed} failed, ${seconds} s`);
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

/**
 * @param {number} from
 * @param {number} many
 * @returns {Promise<{ code: number | null, run: number, failed: number }>}
 */
async function runShare(from, many) {
  const args = ['--seeds', String(many), '--seed', String(from), ...others];
  const child = spawn(process.execPath, [join(folder, 'simulate.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (/** @type {Buffer} */ data) => (said += data.toString()));
  /** @type {number | null} */
  const code = await new Promise((resolve) => child.once('close', resolve));
  const [, run = '0', failed = '1'] = /^(\d+) seeds, (\d+) failed/m.exec(said) ?? [];
  process.stdout.write(said.replace(/^\d+ seeds, .*\n/m, ''));
  return { code, run: Number(run), failed: Number(failed) };
}
