import { describe, expect, test } from 'vitest';
import { HOLD_MS } from '../../../../shared/channel/channel-reader.ts';
import { MAX_ABOVE } from '../../../../shared/channel/position.ts';
import { openChannel, type ScriptedChannel } from './scripted-channel.ts';

describe('an event that was lost without a sign, and passed by the base', () => {
  async function withLoss(): Promise<ScriptedChannel> {
    const channel = await openChannel('a');
    channel.store('a');
    channel.publish('b');
    const mark = channel.reader.mark();
    if (mark !== undefined) channel.reader.settle(mark);
    expect(channel.reader.position.base).toBe(3);
    return channel;
  }

  test('is given away by the next one of its subject', async () => {
    const channel = await withLoss();
    channel.publish('a');
    expect(channel.delivered).toEqual(['b 3']);
    await channel.clock.runFor(HOLD_MS);
    expect(channel.delivered).toEqual(['b 3', 'a 2*', 'a 4*']);
    expect(channel.gaps).toBe(1);
  });

  test('is given away also when its subject was delivered before', async () => {
    const channel = await openChannel();
    channel.publish('a');
    channel.store('a');
    channel.publish('b');
    const mark = channel.reader.mark();
    if (mark !== undefined) channel.reader.settle(mark);
    channel.publish('a');
    await channel.clock.runFor(HOLD_MS);
    expect(channel.delivered).toEqual(['a 1', 'b 3', 'a 2*', 'a 4*']);
  });

  test('is found when somebody knows that there must be one', async () => {
    const channel = await withLoss();
    channel.reader.lookAgain();
    await channel.quiet();
    expect(channel.delivered).toEqual(['b 3', 'a 2*']);
    expect(channel.positions.at(-1)).toEqual({ epoch: 'epoch-01', base: 2, above: [3] });
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 3, above: [] });
  });

  test('is still found after a catch-up that began at the base', async () => {
    const channel = await withLoss();
    channel.reader.catchUp();
    await channel.quiet();
    channel.publish('a');
    await channel.clock.runFor(HOLD_MS);
    expect(channel.delivered).toEqual(['b 3', 'a 2*', 'a 4*']);
  });

  test('is found among more subjects than a cursor can name', async () => {
    const channel = await withLoss();
    for (let index = 0; index < 2 * MAX_ABOVE; index += 1) {
      channel.publish(`s${index}`);
      const mark = channel.reader.mark();
      if (mark !== undefined) channel.reader.settle(mark);
    }
    channel.reader.lookAgain();
    await channel.quiet();
    expect(channel.delivered.slice(-1)).toEqual(['a 2*']);
    expect(new Set(channel.delivered).size).toBe(2 * MAX_ABOVE + 2);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 3 + 2 * MAX_ABOVE, above: [] });
  });

  test('is found again after the read for it broke off', async () => {
    const channel = await withLoss();
    channel.breakAfter = 0;
    channel.reader.lookAgain();
    await channel.quiet();
    expect(channel.failures).toHaveLength(1);
    channel.breakAfter = Infinity;
    await channel.clock.runFor(1_000);
    expect(channel.delivered).toEqual(['b 3', 'a 2*']);
  });
});
