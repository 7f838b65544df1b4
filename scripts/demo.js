import { join, resolve } from 'node:path';
import { ensureBuild } from './start/build.js';
import { ensureDependencies } from './start/dependencies.js';
import { StartFailure, Stopped } from './start/failure.js';
import { killAllGroups } from './start/process-groups.js';
import { runCommand } from './start/run-command.js';
import { stopSignal } from './start/stop-signal.js';

// Plays the demo investigation once, as a plain publisher on the broker of NATS_URL:
//   node scripts/demo.js [--id <investigation>] [--seconds <n>]

const ROOT = resolve(import.meta.dirname, '..');

/** @param {readonly string[]} args */
async function main(args) {
  const signal = stopSignal();
  await ensureDependencies(ROOT, signal);
  await ensureBuild(ROOT, signal);
  const script = join(ROOT, 'dist/demo/play-once.js');
  const { code } = await runCommand(process.execPath, [script, ...args], { signal, output: 'inherit' });
  return code;
}

process.on('exit', killAllGroups);
process.exitCode = await main(process.argv.slice(2)).catch((/** @type {unknown} */ error) => {
  if (!(error instanceof Stopped)) console.error(error instanceof StartFailure ? error.message : error);
  return 1;
});
