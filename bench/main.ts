import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chunkCosts } from './experiments/chunk-cost.ts';
import { chunkLatency } from './experiments/chunk-latency.ts';
import { fanOutBlock } from './experiments/fan-out-block.ts';
import { fanOut } from './experiments/fan-out.ts';
import { firstChunk } from './experiments/first-chunk.ts';
import { telemetryCosts } from './experiments/telemetry-cost.ts';
import { connections } from './experiments/connections.ts';
import { growth } from './experiments/growth.ts';
import { held } from './experiments/held.ts';
import { original } from './experiments/original.ts';
import { resumes } from './experiments/resume.ts';
import { workers } from './experiments/worker.ts';
import type { Experiment } from './experiment.ts';
import { pinDriver, unpinned } from './processors.ts';
import { HEADER, linesOf } from './table.ts';
import { judge } from './verdict.ts';

/** In the order of the table in docs/PERFORMANCE.md. */
const EXPERIMENTS: readonly Experiment[] = [
  ...chunkCosts,
  fanOut,
  fanOutBlock,
  chunkLatency,
  firstChunk,
  connections,
  held,
  resumes,
  ...workers,
  growth,
  ...telemetryCosts,
];

const NAMES = EXPERIMENTS.flatMap(({ figures }) => figures.map(({ name }) => name));

/** Part of each measurement, and twice the bar: for what a change must not do, not for what it may gain. */
const GUARD = { share: 0.6, slack: 2, moreTries: 2 };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
    // Another built tree to measure beside this one: what `--compare` of the script makes.
    tree: { type: 'string', multiple: true, default: [] },
    guard: { type: 'boolean', default: false },
    // The file this replaces, measured beside it in place of everything else, and a Python that can run it.
    original: { type: 'string' },
    python: { type: 'string', default: 'python3' },
  },
});
const trees = [fileURLToPath(new URL('..', import.meta.url)), ...options.tree];

const offered = options.original === undefined ? EXPERIMENTS : [original(options.original, options.python)];
const wanted = offered.filter((experiment) =>
  options.only.length > 0
    ? experiment.figures.some(({ name }) => isAskedFor(name))
    : options.guard
      ? experiment.guards === true
      : experiment.onlyByName !== true,
);
if (wanted.length === 0) {
  console.error(`Nothing is called so. There are: ${NAMES.join(', ')}`);
  process.exit(2);
}

// What was started is stopped as this process exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
pinDriver();
if (unpinned !== undefined)
  console.log(`Nothing is pinned, for ${unpinned}: driver and measured compete, and figures vary more.`);
console.log(HEADER);
let failed = 0;
for (const experiment of wanted) {
  let result = await run(experiment);
  // A guard has to be believed: what fails on a busy machine is measured again.
  for (let tries = 0; options.guard && result.failed > 0 && tries < GUARD.moreTries; tries += 1)
    result = await run(experiment);
  failed += result.failed;
  console.log(result.lines.join('\n'));
}
process.exit(failed > 0 ? 1 : 0);

/** By its name, or by how the names of several begin. */
function isAskedFor(name: string): boolean {
  return options.only.some((only) => (NAMES.includes(only) ? name === only : name.startsWith(only)));
}

async function run(experiment: Experiment): Promise<{ readonly failed: number; readonly lines: string[] }> {
  const bench = { trees, rounds: Number(options.rounds), share: options.guard ? GUARD.share : 1 };
  const samples = await experiment.measure(bench);
  const lines: string[] = [];
  let failures = 0;
  for (const figure of experiment.figures) {
    const ofFigure = samples[figure.name];
    if (ofFigure === undefined) throw new Error(`${figure.name} was not measured`);
    const verdict = judge(figure, ofFigure, options.guard ? GUARD.slack : 1);
    if (!verdict.passed) failures += 1;
    lines.push(linesOf(figure, ofFigure, verdict, trees));
  }
  return { failed: failures, lines };
}
