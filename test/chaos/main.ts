import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Report } from './report.ts';
import { runTrials } from './run-trials.ts';
import type { TrialResult } from './trial/trial.ts';

const whole = z.coerce.number().int();
const settings = z.object({
  trials: whole.min(1).default(20),
  seed: whole.min(0).default(1),
  worlds: whole.min(1).max(8).default(3),
  'deadline-s': whole.min(5).default(60),
  /** 3: a cluster with the configuration of deploy/nats, of which a fault takes one server. */
  brokers: z.enum(['1', '3']).default('1'),
  /** Stop at the first trial that finds something. */
  'stop-at-first': z.boolean().default(false),
  /** Say nothing but what was found. */
  quiet: z.boolean().default(false),
});

const { values } = parseArgs({
  options: {
    trials: { type: 'string' },
    seed: { type: 'string' },
    worlds: { type: 'string' },
    brokers: { type: 'string' },
    'deadline-s': { type: 'string' },
    'stop-at-first': { type: 'boolean' },
    quiet: { type: 'boolean' },
  },
});
const wanted = settings.parse(values);
const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());
const report = new Report();

await runTrials({
  scripts: {
    gateway: new URL('gateway.js', import.meta.url).pathname,
    worker: new URL('worker.js', import.meta.url).pathname,
  },
  ...wanted,
  brokers: wanted.brokers === '3' ? 3 : 1,
  deadlineMs: wanted['deadline-s'] * 1_000,
  signal: stopping.signal,
  onResult: (result) => {
    report.add(result);
    show(result);
    if (wanted['stop-at-first'] && result.findings.violations.length > 0) stopping.abort();
  },
});
say(report.lines().join('\n'));
// A connection whose reset failed midway keeps Node 20 spinning in its own clean-up, for ever.
process.exit(report.violations === 0 ? 0 : 1);

function show({ plan, fired, findings, completionMs, evidence }: TrialResult): void {
  const longest = Math.max(0, ...completionMs) / 1_000;
  const faults = fired.map(({ kind, target }) => `${kind} (${target})`).join(', ');
  if (!wanted.quiet)
    say(`seed ${plan.seed}: ${longest.toFixed(1)} s, ${faults === '' ? 'no fault fired' : faults}`);
  const [first, ...others] = findings.violations;
  if (first === undefined) return;
  if (!wanted.quiet) {
    say([JSON.stringify(plan, undefined, 1), ...evidence, '--- found', first, ...others].join('\n'));
    say(`again: npm run chaos -- --trials 1 --seed ${plan.seed}`);
  }
  say(`seed ${plan.seed} FAILED: ${first}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
