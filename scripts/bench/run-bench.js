import { join } from 'node:path';
import { StartFailure } from '../start/failure.js';
import { runCommand } from '../start/run-command.js';

/** Processor time is read from `/proc`. */
export const canMeasure = process.platform === 'linux';

/**
 * Builds the benchmark, which `npm start` has no use for, and runs it.
 *
 * @param {string} root
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 * @returns {Promise<number>} its exit code: 0 when every figure is within its bar
 */
export async function runBench(root, args, { env, signal }) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const build = await runCommand(process.execPath, [compiler, '-b', 'bench'], { signal, cwd: root });
  if (build.code !== 0) throw new StartFailure(`${build.output.trim()}\nThe benchmark could not be built.`);
  const main = join(root, 'dist/bench/main.js');
  const { code } = await runCommand(process.execPath, [main, ...args], { signal, env, output: 'inherit' });
  return code;
}
