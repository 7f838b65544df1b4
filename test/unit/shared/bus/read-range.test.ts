import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjects } from '../../../../shared/bus-protocol/subjects.ts';
import type { StoredMessage } from '../../../../shared/bus/bus.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { WorkerRig } from '../../../support/worker-rig.ts';

const KINDS = ['started', 'progress', 'anomaly', 'finding', 'report', 'supplier', 'note', 'end'] as const;

describe('a read of a channel', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
  });

  async function sequencesRead(id: string, from: number, to: number): Promise<number[]> {
    const read: number[] = [];
    const keep = ({ sequence }: StoredMessage): boolean => read.push(sequence) > 0;
    expect(await rig.bus.read('INVESTIGATIONS', subjects.investigationChannel(id), { from, to }, keep)).toBe(
      true,
    );
    return read;
  }

  // nats-server 2.9 counts what is pending wrongly for many of these starts.
  test('gets every event of it, from wherever it starts, among those of another', async () => {
    const random = new SeededRandom(20);
    let wrong = 0;
    for (const others of [0, 0.3, 0.6]) {
      const id = `INV-${String(others * 10)}`;
      const own: number[] = [];
      const kinds = KINDS.slice(0, random.integer(2, KINDS.length));
      const first = (await rig.bus.bounds('INVESTIGATIONS')).last + 1;
      for (let count = 0; count < 60; count += 1) {
        const isOther = random.chance(others);
        const subject = subjects.investigationEvent(isOther ? 'OTHER' : id, random.pick(kinds));
        const sequence = await rig.publish(subject, '{}');
        if (!isOther) own.push(sequence);
      }
      const { last } = await rig.bus.bounds('INVESTIGATIONS');
      for (let from = first; from <= last; from += 3) {
        const read = await sequencesRead(id, from, last);
        const expected = own.filter((sequence) => sequence >= from);
        if (read.join() !== expected.join()) wrong += 1;
      }
    }
    expect(wrong).toBe(0);
  });

  test('ends where it is told to, and where it is stopped', async () => {
    const sequences: number[] = [];
    for (let count = 0; count < 40; count += 1) {
      sequences.push(await rig.publish(subjects.investigationEvent('ENDS', KINDS[count % 8] ?? 'end'), '{}'));
    }
    const [first = 0] = sequences;
    expect(await sequencesRead('ENDS', first, first + 30)).toEqual(sequences.slice(0, 31));
    const read: number[] = [];
    const until = ({ sequence }: StoredMessage): boolean => read.push(sequence) < 20;
    const filter = subjects.investigationChannel('ENDS');
    const isAll = await rig.bus.read('INVESTIGATIONS', filter, { from: first, to: first + 39 }, until);
    expect([isAll, read]).toEqual([false, sequences.slice(0, 20)]);
  });

  test('goes on over many batches, also when they are full', async () => {
    const subject = subjects.investigationEvent('LONG', 'progress');
    const [first] = await Promise.all(Array.from({ length: 1_012 }, () => rig.publish(subject, '{}')));
    const { last } = await rig.bus.bounds('INVESTIGATIONS');
    const read = await sequencesRead('LONG', first ?? 0, last);
    expect(read).toHaveLength(1_012);
    expect(read).toEqual([...read].sort((one, other) => one - other));
  });

  test('takes no status that a stranger wrote for the broker\u2019s', async () => {
    const subject = subjects.investigationEvent('STRANGE', 'progress');
    const sequences: number[] = [];
    for (let count = 0; count < 30; count += 1) {
      const empty = count % 2 === 0;
      sequences.push(
        await rig.publish(subject, empty ? '' : '{}', { Status: '408', Description: 'No Messages' }),
      );
    }
    const { last } = await rig.bus.bounds('INVESTIGATIONS');
    expect(await sequencesRead('STRANGE', sequences[0] ?? 0, last)).toEqual(sequences);
  });
});
