import { join, resolve } from 'node:path';
import { ensureBuild } from './start/build.js';
import { ensureDependencies } from './start/dependencies.js';
import { StartFailure, Stopped } from './start/failure.js';
import { killAllGroups } from './start/process-groups.js';
import { runCommand } from './start/run-command.js';
import { stopSignal } from './start/stop-signal.js';

// Runs one of the operator's commands, built first if need be:
//   node scripts/operator.js forget --session <id>

const ROOT = resolve(import.meta.dirname, '..');
/** @type {Readonly<Record<string, string>>} */
const COMMANDS = {
  forget: 'operator/forget',
  inspect: 'operator/inspect',
  'streams-ensure': 'operator/streams-ensure',
  schemas: 'documentation/write-schemas',
};

/** @param {readonly string[]} args */
async function main([command = '', ...args]) {
  const path = COMMANDS[command];
  if (path === undefined) throw new StartFailure(`Commands: ${Object.keys(COMMANDS).join(', ')}`);
  const signal = stopSignal();
  await ensureDependencies(ROOT, signal);
  await ensureBuild(ROOT, signal);
  const script = join(ROOT, 'dist/shared', `${path}.js`);
  const { code } = await runCommand(process.execPath, [script, ...args], { signal, output: 'inherit' });
  return code;
}

process.on('exit', killAllGroups);
process.exitCode = await main(process.argv.slice(2)).catch((/** @type {unknown} */ error) => {
  if (!(error instanceof Stopped)) console.error(error instanceof StartFailure ? error.message : error);
  return 1;
});
