import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { canMeasure, runBench } from '../bench/run-bench.js';
import { ensureDependencies } from '../start/dependencies.js';
import { StartFailure, Stopped } from '../start/failure.js';
import { readJson } from '../start/json.js';
import { ensureNatsServer } from '../start/nats-server.js';
import { killAllGroups } from '../start/process-groups.js';
import { runCommand } from '../start/run-command.js';
import { ensureChromium } from './chromium.js';
import { countTests } from './count-tests.js';
import { ensureHaproxy } from './haproxy.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** What must hold before the tests are worth running, cheapest first. */
const CHECKS = [
  { name: 'format', script: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'types', script: 'typescript/bin/tsc', args: ['-b'] },
  { name: 'page', script: 'vite/bin/vite.js', args: ['build', 'web'] },
  { name: 'lint', script: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'] },
  { name: 'unused', script: 'knip/bin/knip.js', args: ['--no-progress', '--no-config-hints'] },
];

/**
 * @param {{ name: string, script: string, args: readonly string[] }} step
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 * @returns {Promise<boolean>} whether it passed
 */
async function runStep({ name, script, args }, { env, signal }) {
  const startedAtMs = Date.now();
  const { code } = await runCommand(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    signal,
    cwd: ROOT,
    env,
    output: 'inherit',
  });
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  return code === 0;
}

/**
 * @param {readonly string[]} vitestArgs
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runTests(vitestArgs, context) {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-report-'));
  try {
    const report = join(folder, 'report.json');
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const step = { name: 'tests', script: 'vitest/vitest.mjs', args: [...args, ...vitestArgs] };
    const succeeded = await runStep(step, context);
    return countTests(readJson(report), succeeded);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} vitestArgs
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runAll(vitestArgs, env, signal) {
  await ensureDependencies(ROOT, signal);
  const natsServer = await ensureNatsServer(env, signal);
  await ensureChromium(env, signal);
  const skipped = await ensureHaproxy(env, signal);
  const path = [env['PATH'] ?? '', dirname(natsServer)].join(delimiter);
  const context = { env: { ...env, PATH: path }, signal };
  for (const check of CHECKS) {
    if (!(await runStep(check, context))) return { passed: 0, failed: 1 };
  }
  const tests = await runTests(vitestArgs, context);
  // Whoever asks for some of the tests is working on something: what it costs can wait.
  const counts = vitestArgs.length > 0 ? tests : await addGuard(tests, context);
  if (skipped !== undefined) console.error(skipped);
  return counts;
}

/**
 * That no change makes a delivery dearer than twice its bar: measured after the tests, which would disturb it.
 *
 * @param {{ passed: number, failed: number }} tests
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 */
async function addGuard({ passed, failed }, context) {
  if (!canMeasure) {
    console.log('skip   guard (the benchmark needs Linux)');
    return { passed, failed };
  }
  const startedAtMs = Date.now();
  const kept = (await runBench(ROOT, ['--guard'], context)) === 0;
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${kept ? 'ok    ' : 'FAILED'} guard (${seconds} s)`);
  return kept ? { passed: passed + 1, failed } : { passed, failed: failed + 1 };
}

/**
 * Everything that must hold before a change lands. The last line printed is `N passed, N failed`.
 *
 * @param {readonly string[]} vitestArgs e.g. `test/unit` to run only those
 * @param {NodeJS.ProcessEnv} env
 */
export async function main(vitestArgs, env) {
  const stop = new AbortController();
  process.on('exit', killAllGroups);
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(name, () => stop.abort());
  }
  const { passed, failed } = await runAll(vitestArgs, env, stop.signal).catch(
    (/** @type {unknown} */ error) => {
      if (error instanceof Stopped) console.error('Stopped.');
      else console.error(error instanceof StartFailure ? error.message : error);
      return { passed: 0, failed: 1 };
    },
  );
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
