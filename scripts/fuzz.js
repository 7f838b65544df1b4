import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild } from './start/build.js';
import { ensureDependencies } from './start/dependencies.js';
import { StartFailure } from './start/failure.js';
import { ensureNatsServer } from './start/nats-server.js';
import { runCommand } from './start/run-command.js';
import { runScript } from './start/run-script.js';

// The fuzzer of the tests for as long as one likes:
//   npm run fuzz -- --minutes 60 --seed 7

const ROOT = resolve(import.meta.dirname, '..');

/** @param {readonly string[]} args */
function readOptions(args) {
  const { minutes, seed } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
  }).values;
  if (!/^\d+(\.\d+)?$/.test(minutes) || (seed !== undefined && !/^\d+$/.test(seed))) {
    throw new StartFailure('Usage: npm run fuzz -- [--minutes N] [--seed S]');
  }
  return { FUZZ_SECONDS: String(Number(minutes) * 60), ...(seed === undefined ? {} : { FUZZ_SEED: seed }) };
}

await runScript(async (args, signal) => {
  const options = readOptions(args);
  await ensureDependencies(ROOT, signal);
  await ensureNatsServer(process.env, signal);
  await ensureBuild(ROOT, signal);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { code } = await runCommand(process.execPath, [vitest, 'run', '--project', 'e2e', 'test/e2e/fuzz'], {
    signal,
    cwd: ROOT,
    env: { ...process.env, ...options },
    output: 'inherit',
  });
  return code;
});
