import { availableParallelism, loadavg } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFuzz, type FuzzReport } from './fuzz-run.ts';

/** `npm run fuzz -- --minutes N --seed S` sets these; the tests of every day take half a minute. */
const DURATION_MS = Number(process.env['FUZZ_SECONDS'] ?? 30) * 1_000;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

const MEBIBYTE = 1_048_576;
/** Of its samples, those before this part of the run are warming up. */
const WARM_UP = 0.25;
/** What the garbage collector may be behind. */
const SLACK_BYTES = 48 * MEBIBYTE;
const MAX_PING_P99_MS = 100;
const MAX_CROWDING = 1;
/** Where pings of a gateway that nobody attacks take long at the same time, it is the machine. */
const TIMES_SPARED = 3;

let report: FuzzReport;
beforeAll(async () => {
  report = await runFuzz({ durationMs: DURATION_MS, seed: SEED });
  const { memory, errors, ...figures } = report;
  const megabytes = Object.entries(memory).map(([service, samples]) => {
    const [from, to] = [median(samples, WARM_UP, 0.5), median(samples, 0.75, 1)];
    return `${service} ${Math.round(from / MEBIBYTE)} to ${Math.round(to / MEBIBYTE)} MiB`;
  });
  process.stdout.write(
    `fuzz, seed ${SEED}: ${JSON.stringify(figures)}, ${megabytes.join(', ')}, ${errors.length} errors\n`,
  );
}, DURATION_MS + 60_000);

/** How many processes want each core, beside those of the run itself, which keep about one busy. */
function crowding(): number {
  return Math.max(0, (loadavg()[0] ?? 0) / availableParallelism() - 1);
}

/** Of the samples between two parts of the run. */
function median(samples: readonly number[], from: number, to: number): number {
  const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  return part.toSorted((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0;
}

describe(`nonsense from all sides, seed ${SEED}`, () => {
  it('is much of it, of every kind', () => {
    const perSecond = (count: number): number => (count * 1_000) / DURATION_MS;
    expect(perSecond(report.frames)).toBeGreaterThan(20);
    expect(perSecond(report.rawFrames)).toBeGreaterThan(10);
    expect(perSecond(report.requests)).toBeGreaterThan(2);
    expect(perSecond(report.messages)).toBeGreaterThan(20);
  });

  it('ends no process', () => {
    expect(report.alive).toBe(true);
  });

  it('leads nowhere that was not foreseen', () => {
    expect(report.errors.slice(0, 20)).toEqual([]);
  });

  it('keeps nobody else from an answer', () => {
    expect(report.chats).toBeGreaterThan(0);
    expect(report.pings).toBeGreaterThan(DURATION_MS / 1_000);
  });

  it('leaves no socket behind', () => {
    expect(report.connectionsLeft).toBe(0);
  });

  it('makes nobody else wait', ({ skip }) => {
    // Where much else runs every process waits for its turn: that says nothing about the gateway.
    skip(crowding() > MAX_CROWDING, `this machine runs ${crowding().toFixed(1)} processes a core besides`);
    expect(report.pingP99Ms).toBeLessThan(Math.max(MAX_PING_P99_MS, TIMES_SPARED * report.sparedPingP99Ms));
  });

  it('is not kept: memory stays where it was', () => {
    for (const samples of Object.values(report.memory)) {
      expect(median(samples, 0.75, 1)).toBeLessThan(median(samples, WARM_UP, 0.5) + SLACK_BYTES);
    }
  });
});
