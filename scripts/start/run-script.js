import { join, resolve } from 'node:path';
import { ensureBuild } from './build.js';
import { ensureDependencies } from './dependencies.js';
import { StartFailure, Stopped } from './failure.js';
import { killAllGroups } from './process-groups.js';
import { runCommand } from './run-command.js';
import { stopSignal } from './stop-signal.js';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Runs a command of this folder to its end: a failure is one line, and whatever it started ends with it.
 *
 * @param {(args: readonly string[], signal: AbortSignal) => Promise<number>} main returns the exit code
 */
export async function runScript(main) {
  process.on('exit', killAllGroups);
  process.exitCode = await main(process.argv.slice(2), stopSignal()).catch((/** @type {unknown} */ error) => {
    if (!(error instanceof Stopped)) console.error(error instanceof StartFailure ? error.message : error);
    return 1;
  });
}

/**
 * Runs what the build makes of a script, built first if need be.
 *
 * @param {string} path below `dist`
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<number>} its exit code
 */
export async function runBuilt(path, args, signal) {
  await ensureDependencies(ROOT, signal);
  await ensureBuild(ROOT, signal);
  const script = join(ROOT, 'dist', path);
  const { code } = await runCommand(process.execPath, [script, ...args], { signal, output: 'inherit' });
  return code;
}
