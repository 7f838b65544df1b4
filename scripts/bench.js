import { dirname, delimiter, join, resolve } from 'node:path';
import { readBenchOptions } from './bench/options.js';
import { shareDependencies, withRevision } from './bench/revision-tree.js';
import { canMeasure, runBench } from './bench/run-bench.js';
import { ensureBuild } from './start/build.js';
import { ensureDependencies } from './start/dependencies.js';
import { StartFailure } from './start/failure.js';
import { ensureNatsServer } from './start/nats-server.js';
import { runScript } from './start/run-script.js';

// Every figure of docs/PERFORMANCE.md, each next to its reference in the same run:
//   npm run bench
//   npm run bench -- --only fan-out --rounds 5
//   npm run bench -- --compare HEAD~1        the same of another revision, side by side

const ROOT = resolve(import.meta.dirname, '..');

await runScript(async (args, signal) => {
  const { compare, bench } = readBenchOptions(args);
  if (!canMeasure) throw new StartFailure('The benchmark needs Linux: processor time is read from /proc.');
  await ensureDependencies(ROOT, signal);
  const natsServer = await ensureNatsServer(process.env, signal);
  await ensureBuild(ROOT, signal);
  const path = [process.env['PATH'] ?? '', dirname(natsServer)].join(delimiter);
  const context = { env: { ...process.env, PATH: path }, signal };
  if (compare === undefined) return runBench(ROOT, bench, context);
  return withRevision(ROOT, compare, signal, async (tree) => {
    await shareDependencies(ROOT, tree, signal);
    await ensureBuild(tree, signal);
    return runBench(ROOT, [...bench, '--tree', join(tree, 'dist')], context);
  });
});
