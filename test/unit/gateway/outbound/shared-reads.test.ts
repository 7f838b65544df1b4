import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../../../../shared/bus/bus.ts';
import { SharedReads } from '../../../../gateway/outbound/shared-reads.ts';

interface Read {
  readonly filter: string;
  readonly from: number;
  readonly to: number;
  readonly finish: (error?: Error) => void;
}

const CHANNELS = 40;
const LAST = 400;

/** Message `n` belongs to channel `n % 40`. */
const stored = (sequence: number): StoredMessage => ({
  subject: `session.s${sequence % CHANNELS}.notification`,
  sequence,
  data: new Uint8Array(),
  storedAtMs: 0,
  header: () => undefined,
});

/** A stream whose reads end when the test says so. */
function stream(): { reads: SharedReads; made: Read[] } {
  const made: Read[] = [];
  const reads = new SharedReads({
    stream: 'SESSIONS',
    wholeFilter: 'session.>',
    channelOf: (subject) => subject.split('.')[1],
    onRead: () => undefined,
    bus: {
      read: (_stream, filter, { from, to }, onMessage) =>
        new Promise((resolve, reject) => {
          made.push({
            filter,
            from,
            to,
            finish: (error) => {
              if (error !== undefined) {
                reject(error);
                return;
              }
              const wanted = filter === 'session.>' ? undefined : filter.split('.')[1];
              for (let sequence = from; sequence <= Math.min(to, LAST); sequence += 1) {
                const message = stored(sequence);
                if (wanted !== undefined && message.subject.split('.')[1] !== wanted) continue;
                if (!onMessage(message)) {
                  resolve(false);
                  return;
                }
              }
              resolve(true);
            },
          });
        }),
    },
  });
  return { reads, made };
}

interface Reading {
  readonly seen: number[];
  readonly done: Promise<boolean>;
}

function readOf(reads: SharedReads, channel: number, from: number, stopAfter = Infinity): Reading {
  const seen: number[] = [];
  const id = `s${channel}`;
  const done = reads.read(id, `session.${id}.>`, { from, to: LAST }, ({ sequence }) => {
    seen.push(sequence);
    return seen.length < stopAfter;
  });
  return { seen, done };
}

const expected = (channel: number, from: number): number[] =>
  Array.from({ length: LAST }, (_, index) => index + 1).filter(
    (sequence) => sequence >= from && sequence % CHANNELS === channel,
  );

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Ends every read as it is made, after those that have ended, until nobody waits. */
async function finishAll(made: readonly Read[], readings: readonly Reading[], ended = 0): Promise<void> {
  const waiting = new Set(readings);
  for (const reading of readings) {
    const settled = (): unknown => waiting.delete(reading);
    void reading.done.then(settled, settled);
  }
  for (let finished = ended; waiting.size > 0;) {
    for (; finished < made.length; finished += 1) made[finished]?.finish();
    await nextTurn();
  }
}

describe('reads of many channels', () => {
  it('is one of its own for each while few want one', async () => {
    const { reads, made } = stream();
    const readings = [readOf(reads, 1, 10), readOf(reads, 2, 300)];
    expect(made.map(({ filter, from }) => [filter, from])).toEqual([
      ['session.s1.>', 10],
      ['session.s2.>', 300],
    ]);
    await finishAll(made, readings);
    expect(readings.map(({ seen }) => seen)).toEqual([expected(1, 10), expected(2, 300)]);
  });

  it('is one for all who come while another is shared, not one for each few of them', async () => {
    const { reads, made } = stream();
    const readings = Array.from({ length: 10 }, (_, channel) => readOf(reads, channel, 1));
    // Four began alone. The first end lets the others share one.
    made[0]?.finish();
    await nextTurn();
    const later = Array.from({ length: 20 }, (_, index) => readOf(reads, 10 + index, 1));
    // There is room for more now, but not for another that is shared.
    for (const read of made.slice(1, 4)) read.finish();
    await nextTurn();
    expect(made.map(({ filter }) => filter).slice(4)).toEqual(['session.>']);
    readings.push(...later);
    await finishAll(made, readings, 4);
    expect(made).toHaveLength(6);
    expect(readings.map(({ seen }) => seen)).toEqual(readings.map((_, channel) => expected(channel, 1)));
  });

  it('is one for all who wait, and each gets its own from its own position', async () => {
    const { reads, made } = stream();
    const readings = Array.from({ length: CHANNELS }, (_, channel) =>
      readOf(reads, channel, 5 * channel + 1),
    );
    await finishAll(made, readings);
    expect(readings.map(({ seen }) => seen)).toEqual(
      readings.map((_, channel) => expected(channel, 5 * channel + 1)),
    );
    expect(await Promise.all(readings.map(({ done }) => done))).not.toContain(false);
    expect(made).toHaveLength(5);
    expect(made.at(-1)).toMatchObject({ filter: 'session.>', from: 21, to: LAST });
  });

  it('leaves a position that is far behind to a read of its own', async () => {
    const { reads, made } = stream();
    const first = Array.from({ length: 4 }, (_, channel) => readOf(reads, channel, LAST));
    const far = readOf(reads, 7, -100_000);
    const near = Array.from({ length: 10 }, (_, index) => readOf(reads, 10 + index, 390));
    await finishAll(made, [...first, far, ...near]);
    expect(far.seen).toEqual(expected(7, 1));
    expect(made.filter(({ filter }) => filter === 'session.>').map(({ from }) => from)).toEqual([390]);
  });

  it('goes on for the others when one has enough, and when one fails', async () => {
    const { reads, made } = stream();
    const blockers = Array.from({ length: 4 }, (_, channel) => readOf(reads, channel, LAST));
    const full = readOf(reads, 5, 1, 2);
    const failing = reads.read('s6', 'session.s6.>', { from: 1, to: LAST }, () => {
      throw new Error('handler');
    });
    failing.catch(() => undefined);
    const whole = [7, 8, 9].map((channel) => readOf(reads, channel, 1));
    await finishAll(made, [...blockers, full, ...whole]);
    expect(full.seen).toEqual(expected(5, 1).slice(0, 2));
    expect(await full.done).toBe(false);
    await expect(failing).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    expect(whole.map(({ seen }) => seen)).toEqual([7, 8, 9].map((channel) => expected(channel, 1)));
  });

  it('tells everyone who shared it when it fails', async () => {
    const { reads, made } = stream();
    const blockers = Array.from({ length: 4 }, (_, channel) => readOf(reads, channel, LAST));
    const sharing = [5, 6, 7, 8].map((channel) => readOf(reads, channel, 1));
    for (const { done } of sharing) done.catch(() => undefined);
    for (const read of made.splice(0)) read.finish();
    await Promise.all(blockers.map(({ done }) => done));
    await new Promise((resolve) => setImmediate(resolve));
    made[0]?.finish(new Error('gone'));
    for (const { done } of sharing) await expect(done).rejects.toThrow('gone');
  });
});
