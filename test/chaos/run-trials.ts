import { World, type Scripts } from './parts/world.ts';
import { BrokerLog } from './trial/broker-log.ts';
import { makePlan } from './trial/plan.ts';
import { runTrial, type TrialResult } from './trial/trial.ts';

export interface TrialsOptions {
  readonly scripts: Scripts;
  /** The seed of the first trial; each later one has the next. */
  readonly seed: number;
  readonly trials: number;
  /** Systems side by side: trials mostly wait. */
  readonly worlds: number;
  /** How many servers each system has as its broker. */
  readonly brokers: 1 | 3;
  /** Every trial has to be over by then, however busy the machine: what is not never will be. */
  readonly deadlineMs: number;
  readonly onResult: (result: TrialResult) => void;
  /** No trial begins after it is aborted. */
  readonly signal: AbortSignal;
}

/** Runs trials on worlds that live through all of them. */
export async function runTrials(options: TrialsOptions): Promise<void> {
  let next = options.seed;
  const nextSeed = (): number | undefined => {
    if (options.signal.aborted || next >= options.seed + options.trials) return undefined;
    next += 1;
    return next - 1;
  };
  const worlds = Math.min(options.worlds, options.trials);
  const running = Array.from({ length: worlds }, () => runOnOneWorld(options, nextSeed));
  const settled = await Promise.allSettled(running);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}

async function runOnOneWorld(options: TrialsOptions, nextSeed: () => number | undefined): Promise<void> {
  await using world = await World.start(options.scripts, options.brokers);
  await using log = await BrokerLog.open(world.broker.url);
  for (let seed = nextSeed(); seed !== undefined; seed = nextSeed()) {
    options.onResult(await runTrial(world, log, makePlan(seed), options.deadlineMs));
  }
}
