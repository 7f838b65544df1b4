import { join, resolve } from 'node:path';
import { ensureBuild } from './start/build.js';
import { ensureDependencies } from './start/dependencies.js';
import { ensureNatsServer } from './start/nats-server.js';
import { runCommand } from './start/run-command.js';
import { runScript } from './start/run-script.js';
import { NOT_APPLICABLE, SUITES } from './test/cluster-suite.js';

// The suites that know nothing of clusters, on three brokers with the configuration of deploy/nats:
//   npm run test:cluster -- [test/e2e/resume.test.ts ...]

const ROOT = resolve(import.meta.dirname, '..');

await runScript(async (args, signal) => {
  await ensureDependencies(ROOT, signal);
  await ensureNatsServer(process.env, signal);
  await ensureBuild(ROOT, signal);
  for (const [file, reason] of Object.entries(NOT_APPLICABLE)) console.log(`Left out: ${file} (${reason})`);
  const excluded = Object.keys(NOT_APPLICABLE).flatMap((file) => ['--exclude', file]);
  const projects = ['unit', 'e2e', 'chaos'].flatMap((name) => ['--project', name]);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const wanted = args.length > 0 ? args : SUITES;
  const { code } = await runCommand(process.execPath, [vitest, 'run', ...projects, ...excluded, ...wanted], {
    signal,
    cwd: ROOT,
    env: { ...process.env, TEST_BROKERS: '3' },
    output: 'inherit',
  });
  return code;
});
