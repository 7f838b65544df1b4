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

let report: FuzzReport;
beforeAll(async () => {
  report = await runFuzz({ durationMs: DURATION_MS, seed: SEED });
  const { memory, errors, ...figures } = report;
  const megabytes = Object.entries(memory).map(([service, samples]) => {
    const [from = 0, to = 0] = [median(samples, WARM_UP, 0.5), median(samples, 0.75, 1)];
    return `${service} ${Math.round(from / MEBIBYTE)} to ${Math.round(to / MEBIBYTE)} MiB`;
  });
  process.stdout.write(
    `fuzz, seed ${SEED}: ${JSON.stringify(figures)}, ${megabytes.join(', ')}, ${errors.length} errors\n`,
  );
}, DURATION_MS + 60_000);

/** How many times slower this machine is for what else runs on it: 1 where nothing does. */
function crowding(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() - 1);
}

function median(samples: readonly number[], from: number, to: number): number {
  const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  return part.toSorted((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0;
}

describe(`nonsense from all sides, seed ${SEED}`, () => {
  it('is much of it, of every kind', () => {
    const perSecond = (count: number): number => (count * 1_000) / DURATION_MS;
    expect(perSecond(report.frames)).toBeGreaterThan(100);
    expect(perSecond(report.rawFrames)).toBeGreaterThan(20);
    expect(perSecond(report.requests)).toBeGreaterThan(10);
    expect(perSecond(report.messages)).toBeGreaterThan(100);
  });

  it('ends no process', () => {
    expect(report.alive).toBe(true);
  });

  it('leads nowhere that was not foreseen', () => {
    expect(report.errors.slice(0, 20)).toEqual([]);
  });

  it('costs others nothing: they are answered, and fast', () => {
    expect(report.chats).toBeGreaterThan(0);
    expect(report.pings).toBeGreaterThan(DURATION_MS / 500);
    expect(report.pingP99Ms).toBeLessThan(MAX_PING_P99_MS * crowding());
  });

  it('is not kept: memory stays where it was', () => {
    for (const samples of Object.values(report.memory)) {
      expect(median(samples, 0.75, 1)).toBeLessThan(median(samples, WARM_UP, 0.5) + SLACK_BYTES);
    }
  });
});
