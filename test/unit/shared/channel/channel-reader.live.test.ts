import { describe, expect, test } from 'vitest';
import { HOLD_MS } from '../../../../shared/channel/channel-reader.ts';
import { MAX_ABOVE } from '../../../../shared/channel/position.ts';
import { openChannel, ScriptedChannel } from './scripted-channel.ts';

describe('opening', () => {
  test('starts at the end of the stream and delivers what comes after it', async () => {
    const channel = await openChannel('a', 'b');
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 2, above: [] });
    channel.publish('a', 'c');
    expect(channel.delivered).toEqual(['a 3', 'c 4']);
  });

  test('delivers what was stored while the end was asked for', async () => {
    const channel = new ScriptedChannel();
    channel.publish('a');
    const release = channel.hold();
    const opening = channel.reader.open();
    channel.publish('a', 'b');
    await release();
    await opening;
    expect(channel.delivered).toEqual(['a 2', 'b 3']);
    expect(channel.reads).toEqual([]);
  });

  test('can be tried again, and forgets what came before', async () => {
    const channel = new ScriptedChannel();
    channel.publish('a');
    channel.replaceStorage();
    channel.publish('b');
    await channel.reader.open();
    channel.publish('b');
    expect(channel.delivered).toEqual(['b 2']);
  });

  test('reads when a catch-up was wanted meanwhile', async () => {
    const channel = new ScriptedChannel();
    const release = channel.hold();
    const opening = channel.reader.open();
    channel.reader.catchUp();
    channel.store('a');
    await release();
    await opening;
    await channel.quiet();
    expect(channel.delivered).toEqual(['a 1*']);
  });
});

describe('live events', () => {
  test('carry cursors that name what was delivered above the base', async () => {
    const channel = await openChannel('a');
    channel.publish('a', 'b', 'a');
    expect(channel.positions).toEqual([
      { epoch: 'epoch-01', base: 1, above: [2] },
      { epoch: 'epoch-01', base: 1, above: [2, 3] },
      { epoch: 'epoch-01', base: 1, above: [3, 4] },
    ]);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 1, above: [3, 4] });
    expect(channel.reader.provenUpTo('a')).toBe(4);
    expect(channel.reader.provenUpTo('c')).toBe(1);
  });

  test('are delivered while the position still is what it was before', async () => {
    const channel = await openChannel();
    const positions: unknown[] = [];
    channel.onDeliver = () => positions.push(channel.reader.position.above);
    channel.publish('a', 'b');
    channel.store('c');
    channel.reader.catchUp();
    await channel.quiet();
    expect(positions).toEqual([[], [1], []]);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 3, above: [] });
  });

  test('of different subjects are delivered as they come, below others too', async () => {
    const channel = await openChannel();
    const [one, two] = [channel.store('a'), channel.store('b')];
    channel.reader.onLive(two);
    channel.reader.onLive(one);
    expect(channel.delivered).toEqual(['b 2', 'a 1']);
  });

  test('are delivered once, however often they come', async () => {
    const channel = await openChannel('a');
    const event = channel.store('a');
    for (let time = 0; time < 3; time += 1) channel.reader.onLive(event);
    channel.reader.catchUp();
    channel.reader.onLive(event);
    await channel.quiet();
    channel.reader.onLive(event);
    expect(channel.delivered).toEqual(['a 2']);
  });

  test('that swapped on one subject wait for each other, and no read is made', async () => {
    const channel = await openChannel('a');
    const events = [channel.store('a'), channel.store('a'), channel.store('a')];
    for (const event of [2, 1, 1, 0]) channel.reader.onLive(events[event] ?? channel.store('never'));
    expect(channel.delivered).toEqual(['a 2', 'a 3', 'a 4']);
    await channel.clock.runFor(10 * HOLD_MS);
    expect([channel.gaps, channel.asked]).toEqual([0, 1]);
  });

  test('whose link does not come are looked up after the hold', async () => {
    const channel = await openChannel('a');
    channel.store('a');
    channel.publish('a', 'b');
    expect(channel.delivered).toEqual(['b 4']);
    await channel.clock.runFor(HOLD_MS - 1);
    expect(channel.gaps).toBe(0);
    await channel.clock.runFor(1);
    expect(channel.gaps).toBe(1);
    expect(channel.delivered).toEqual(['b 4', 'a 2*', 'a 3*']);
    expect(channel.positions.at(-1)).toEqual({ epoch: 'epoch-01', base: 3, above: [4] });
    await channel.clock.runFor(1_000);
    expect(channel.gaps).toBe(1);
  });

  test('wait their full time, whatever another waited before', async () => {
    const channel = await openChannel('a', 'b');
    const [firstA, secondA] = [channel.store('a'), channel.store('a')];
    channel.reader.onLive(secondA);
    await channel.clock.runFor(HOLD_MS - 1);
    channel.reader.onLive(firstA);
    const [firstB, secondB] = [channel.store('b'), channel.store('b')];
    channel.reader.onLive(secondB);
    await channel.clock.runFor(HOLD_MS - 1);
    channel.reader.onLive(firstB);
    expect([channel.gaps, channel.asked]).toEqual([0, 1]);
    expect(channel.delivered).toEqual(['a 3', 'a 4', 'b 5', 'b 6']);
  });

  test('that a read brought meanwhile are no gap', async () => {
    const channel = await openChannel('a');
    channel.store('a');
    channel.publish('a');
    channel.reader.catchUp();
    await channel.clock.runFor(10 * HOLD_MS);
    expect(channel.delivered).toEqual(['a 2*', 'a 3*']);
    expect([channel.gaps, channel.reads.length]).toEqual([0, 1]);
  });

  test('are linked by a first one again after a purge', async () => {
    const channel = await openChannel('a');
    channel.publish('a');
    channel.stored.length = 0;
    channel.publish('a');
    expect(channel.delivered).toEqual(['a 2', 'a 3']);
  });
});

describe('many subjects', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);

  test('never give a cursor more names than it may have: a read makes room first', async () => {
    const channel = await openChannel();
    channel.publish(...names(MAX_ABOVE));
    expect(channel.reads).toEqual([]);
    channel.publish('another', 's0');
    await channel.quiet();
    expect(channel.reads).toEqual([[1, MAX_ABOVE + 1]]);
    expect(channel.delivered.slice(-2)).toEqual([`another ${MAX_ABOVE + 1}*`, `s0 ${MAX_ABOVE + 2}`]);
    for (const position of channel.positions) expect(position?.above.length).toBeLessThanOrEqual(MAX_ABOVE);
    expect(channel.gaps).toBe(0);
  });

  test('nor does an event that a read finds below all of them', async () => {
    const channel = await openChannel();
    channel.store('lost');
    channel.publish(...names(MAX_ABOVE));
    channel.reader.catchUp();
    await channel.quiet();
    expect(channel.delivered.at(-1)).toBe('lost 1*');
    expect(channel.positions.at(-1)?.base).toBe(1);
    expect(channel.positions.at(-1)?.above).toHaveLength(MAX_ABOVE);
  });

  test('are not remembered without end', async () => {
    const channel = await openChannel();
    for (const name of names(1_000)) {
      channel.publish(name);
      const mark = channel.reader.mark();
      if (mark !== undefined) channel.reader.settle(mark);
      await channel.quiet();
    }
    expect(channel.delivered).toHaveLength(1_000);
    expect(channel.reads.length).toBeGreaterThan(2);
    expect(channel.reads.length).toBeLessThan(10);
    expect(channel.reader.provenUpTo('s0')).toBeGreaterThan(500);
  });
});

describe('the base', () => {
  test('follows what was delivered when a mark is settled', async () => {
    const channel = await openChannel();
    expect(channel.reader.mark()).toBeUndefined();
    channel.publish('a', 'b');
    const mark = channel.reader.mark();
    channel.publish('b');
    if (mark !== undefined) channel.reader.settle(mark);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 2, above: [3] });
    channel.publish('a');
    expect(channel.delivered.at(-1)).toBe('a 4');
  });

  test('is not moved over an event that waits for its link', async () => {
    const channel = await openChannel();
    channel.publish('a');
    const mark = channel.reader.mark();
    channel.store('b');
    channel.publish('b');
    if (mark !== undefined) channel.reader.settle(mark);
    expect(channel.reader.position.base).toBe(0);
  });

  test('is not moved by a mark from before the path was cut', async () => {
    const channel = await openChannel();
    channel.publish('a');
    const mark = channel.reader.mark();
    channel.reader.distrust();
    if (mark !== undefined) channel.reader.settle(mark);
    expect(channel.reader.position.base).toBe(0);
  });

  test('is not moved between a cut and the next read, nor during it', async () => {
    const channel = await openChannel();
    channel.publish('a');
    const mark = channel.reader.mark();
    channel.reader.distrust();
    expect(channel.reader.mark()).toBeUndefined();
    channel.reader.catchUp();
    expect(channel.reader.mark()).toBeUndefined();
    if (mark !== undefined) channel.reader.settle(mark);
    expect(channel.reader.position.base).toBe(0);
    await channel.quiet();
    expect(channel.reader.position.base).toBe(1);
    channel.publish('a');
    expect(channel.reader.mark()).toBeDefined();
  });

  test('is not trusted after a read that began before the cut', async () => {
    const channel = await openChannel();
    const release = channel.hold();
    channel.reader.join({
      position: channel.reader.position,
      deliver: () => undefined,
      onLevel: () => undefined,
    });
    channel.reader.distrust();
    await release();
    channel.publish('a');
    expect(channel.reader.mark()).toBeUndefined();
    expect(channel.delivered).toEqual([]);
    await channel.quiet();
    expect(channel.delivered).toEqual(['a 1*']);
  });
});
