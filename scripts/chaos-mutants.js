import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './chaos/bundle.js';
import { MUTANTS } from './chaos/mutants.js';
import { plant } from './chaos/plant.js';

/**
 * `npm run chaos:mutants [-- --only <part of a name>] [--seed S]`: plants one bug after another and says
 * which seed caught it. Ends with code 1 when one was not.
 */
const ROOT = resolve(import.meta.dirname, '..');
/** How hard each is looked for. */
const EFFORT = {
  chaos: ['main.js', '--trials', '100', '--deadline-s', '25', '--stop-at-first', '--quiet'],
  simulation: ['simulate.js', '--seeds', '20000', '--stop-at-first'],
};
const CAUGHT = /^(seed \d+) FAILED: (.*)$/m;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seed: { type: 'string', default: '1' } },
});
/** @type {Set<import('node:child_process').ChildProcess>} */
const hunters = new Set();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(name, () => {
    for (const hunter of hunters) hunter.kill('SIGKILL');
    process.exit(1);
  });
}
let missed = 0;
for (const mutant of MUTANTS.filter(({ name }) => name.includes(values.only))) {
  const startedAtMs = Date.now();
  const found = await hunt(mutant);
  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(0);
  if (found === undefined) missed += 1;
  console.log(`${found === undefined ? 'MISSED' : 'caught'} ${mutant.name} (${mutant.by}, ${seconds} s)`);
  if (found !== undefined) console.log(`       ${found}`);
}
console.log(missed === 0 ? 'all caught' : `${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;

/**
 * @param {import('./chaos/mutants.js').Mutant} mutant
 * @returns {Promise<string | undefined>} the seed that showed the bug and what it showed
 */
async function hunt(mutant) {
  const tree = plant(ROOT, mutant);
  try {
    // As deep as where others are bundled: sources are found from there.
    const folder = join(tree, 'dist', 'chaos');
    await bundle(tree, folder);
    const [script = '', ...args] = EFFORT[mutant.by];
    const hunter = spawn(process.execPath, [join(folder, script), ...args, '--seed', values.seed], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    hunters.add(hunter);
    let said = '';
    hunter.stdout.on('data', (/** @type {Buffer} */ data) => (said += data.toString()));
    await once(hunter, 'close');
    hunters.delete(hunter);
    const [, seed = '', what = ''] = CAUGHT.exec(said) ?? [];
    return seed === '' ? undefined : `${seed}: ${what.slice(0, 160)}`;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
