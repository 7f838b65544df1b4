import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../shared/errors/app-error.ts';
import { openChannel } from './scripted-channel.ts';

describe('a catch-up', () => {
  test('brings what is lacking and moves the base to the end of the stream', async () => {
    const channel = await openChannel('a');
    channel.publish('b');
    channel.store('a');
    channel.reader.catchUp();
    await channel.quiet();
    channel.last += 10;
    channel.reader.catchUp();
    await channel.quiet();
    expect(channel.delivered).toEqual(['b 2', 'a 3*']);
    expect(channel.reads).toEqual([
      [2, 3],
      [4, 13],
    ]);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 13, above: [] });
  });

  test('lets live events wait, and drops those it brought itself', async () => {
    const channel = await openChannel();
    const release = channel.hold();
    channel.reader.catchUp();
    channel.publish('a');
    channel.publish('b');
    expect(channel.delivered).toEqual([]);
    await release();
    expect(channel.delivered).toEqual(['a 1', 'b 2']);
  });

  test('that is wanted during a read is another read', async () => {
    const channel = await openChannel();
    const release = channel.hold();
    channel.reader.catchUp();
    await channel.quiet();
    channel.store('a');
    channel.reader.catchUp();
    await release();
    expect(channel.reads).toHaveLength(2);
    expect(channel.delivered).toEqual(['a 1*']);
  });

  test('is tried again after a failure, and goes on where it broke off', async () => {
    const channel = await openChannel();
    for (const subject of ['a', 'b', 'a', 'c']) channel.store(subject);
    channel.breakAfter = 2;
    channel.reader.catchUp();
    await channel.quiet();
    expect(channel.delivered).toEqual(['a 1*', 'b 2*']);
    expect(channel.failures).toHaveLength(1);
    channel.publish('a');
    channel.breakAfter = Infinity;
    await channel.clock.runFor(199);
    expect(channel.reads).toHaveLength(1);
    await channel.clock.runFor(1);
    expect(channel.delivered).toEqual(['a 1*', 'b 2*', 'a 3*', 'c 4*', 'a 5*']);
    expect(channel.reads.at(-1)).toEqual([3, 5]);
  });

  test('outlives more live events than are kept waiting, in a few reads', async () => {
    const channel = await openChannel();
    const release = channel.hold();
    channel.reader.catchUp();
    await channel.quiet();
    for (let count = 0; count < 10_000; count += 1) channel.publish('a');
    await release();
    channel.publish('a');
    expect(channel.delivered).toHaveLength(10_001);
    expect(new Set(channel.delivered.map((name) => name.replace('*', ''))).size).toBe(10_001);
    expect(channel.reads).toHaveLength(2);
  });

  test('does not go on for ever because live events keep coming', async () => {
    const channel = await openChannel();
    let release = channel.hold();
    channel.reader.catchUp();
    await channel.quiet();
    for (let count = 0; count < 5_000; count += 1) channel.publish('a');
    for (let round = 0; round < 6; round += 1) {
      const next = release;
      release = channel.hold();
      await next();
      channel.publish('a');
    }
    await release();
    expect(channel.delivered).toHaveLength(5_006);
    expect(channel.reads.length).toBeLessThanOrEqual(4);
  });
});

describe('another storage', () => {
  test('is delivered from its beginning, with its own cursors', async () => {
    const channel = await openChannel('a', 'a');
    channel.publish('a');
    channel.reader.distrust();
    channel.replaceStorage();
    channel.store('b');
    channel.store('a');
    channel.reader.catchUp();
    await channel.quiet();
    expect(channel.delivered).toEqual(['a 3', 'b 1*', 'a 2*']);
    expect(channel.positions.at(-1)).toEqual({ epoch: 'epoch-02', base: 2, above: [] });
    channel.publish('a');
    expect(channel.delivered.at(-1)).toBe('a 3');
  });

  test('forgets what was waiting of the old one', async () => {
    const channel = await openChannel('a');
    const release = channel.hold();
    channel.reader.catchUp();
    for (let count = 0; count < 5; count += 1) channel.publish('new', 'a');
    channel.replaceStorage();
    channel.reader.catchUp();
    channel.store('b');
    await release();
    await channel.clock.runFor(1_000);
    const old = channel.delivered.length;
    channel.publish('b');
    expect(channel.delivered.slice(old - 1)).toEqual(['b 1*', 'b 2']);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-02', base: 1, above: [2] });
    expect(channel.reads.length).toBeLessThan(5);
  });

  test('is looked at before anything of it is taken live', async () => {
    const channel = await openChannel('a');
    channel.reader.distrust();
    channel.replaceStorage();
    channel.publish('b', 'a', 'b');
    expect(channel.delivered).toEqual([]);
    await channel.quiet();
    expect(channel.delivered).toEqual(['b 1*', 'a 2*', 'b 3*']);
    expect(channel.positions[0]?.epoch).toBe('epoch-02');
  });

  test('that arrives with its bounds is not lost', async () => {
    const channel = await openChannel('a');
    const release = channel.hold();
    channel.reader.catchUp();
    await release();
    channel.replaceStorage();
    const again = channel.hold();
    channel.reader.catchUp();
    await channel.quiet();
    channel.publish('b');
    await again();
    expect(channel.delivered).toEqual(['b 1*']);
  });
});

describe('a stream that ends before what it has sent', () => {
  test('is given time: a new leader may not know everything yet', async () => {
    const channel = await openChannel();
    channel.publish('a', 'b');
    channel.last = 1;
    channel.reader.catchUp();
    await channel.quiet();
    expect(channel.failures[0]).toBeInstanceOf(AppError);
    expect(channel.failures[0]).toMatchObject({ code: 'STREAM_BEHIND', retryable: true });
    channel.last = 2;
    await channel.clock.runFor(200);
    channel.publish('a');
    expect(channel.delivered).toEqual(['a 1', 'b 2', 'a 3']);
    expect(channel.failures).toHaveLength(1);
  });

  test('has lost its tail when it stays so: what takes its place is delivered', async () => {
    const channel = await openChannel();
    channel.publish('a', 'b', 'b');
    channel.stored.length = 1;
    channel.last = 1;
    channel.reader.catchUp();
    await channel.clock.runFor(3_000);
    channel.publish('b', 'a');
    expect(channel.delivered.slice(3)).toEqual(['b 2', 'a 3']);
    expect(channel.reader.position).toEqual({ epoch: 'epoch-01', base: 1, above: [2, 3] });
  });

  test('does not read without end for an event that will never be linked', async () => {
    const channel = await openChannel('a');
    channel.store('a');
    const unlinked = channel.store('a');
    channel.stored.length = 1;
    channel.last = 1;
    channel.reader.onLive(unlinked);
    await channel.clock.runFor(10_000);
    expect(channel.delivered).toEqual([]);
    expect(channel.reads.length).toBeLessThan(4);
    const asked = channel.asked;
    await channel.clock.runFor(10_000);
    expect(channel.asked).toBe(asked);
  });
});

describe('closing', () => {
  test.each([
    ['while the bounds are asked for', 0],
    ['while a read is under way', 1],
  ])('ends it %s', async (_, turns) => {
    const channel = await openChannel();
    channel.store('a');
    let release = channel.hold();
    channel.reader.catchUp();
    for (let turn = 0; turn < turns; turn += 1) {
      const next = release;
      release = channel.hold();
      await next();
    }
    channel.reader.catchUp();
    const { asked } = channel;
    channel.reader.close();
    channel.publish('a');
    await release();
    await channel.clock.runFor(1_000);
    expect([channel.delivered, channel.failures, channel.asked]).toEqual([[], [], asked]);
  });

  test('forgets what waits: holds, retries, joiners', async () => {
    const channel = await openChannel('a');
    channel.store('a');
    channel.publish('a');
    channel.reader.close();
    await channel.clock.runFor(1_000);
    const failing = await openChannel();
    failing.store('a');
    failing.breakAfter = 0;
    failing.reader.catchUp();
    await failing.quiet();
    failing.reader.close();
    failing.breakAfter = Infinity;
    await failing.clock.runFor(1_000);
    expect([channel.gaps, channel.asked, channel.delivered]).toEqual([0, 1, []]);
    expect([failing.asked, failing.delivered]).toEqual([2, []]);
  });

  test('is final: nothing starts it again', async () => {
    const channel = await openChannel();
    channel.reader.close();
    channel.reader.close();
    channel.reader.catchUp();
    channel.reader.join({
      position: channel.reader.position,
      deliver: () => expect.unreachable(),
      onLevel: () => expect.unreachable(),
    });
    await channel.reader.open();
    channel.publish('a');
    await channel.clock.runFor(1_000);
    // Asked twice: by the two openings.
    expect([channel.asked, channel.reads, channel.delivered]).toEqual([2, [], []]);
  });

  test('may come from within a delivery', async () => {
    const channel = await openChannel();
    channel.onDeliver = () => channel.reader.close();
    for (const subject of ['a', 'b', 'c']) channel.store(subject);
    channel.reader.catchUp();
    await channel.clock.runFor(1_000);
    expect(channel.delivered).toEqual(['a 1*']);
    expect(channel.failures).toEqual([]);
  });
});

describe('a delivery that throws', () => {
  const broken = new Error('broken');

  test('has had its live event, and whoever waits for it follows', async () => {
    const channel = await openChannel('a');
    const [one, two] = [channel.store('a'), channel.store('a')];
    channel.reader.onLive(two);
    channel.onDeliver = () => {
      channel.onDeliver = () => undefined;
      throw broken;
    };
    expect(() => channel.reader.onLive(one)).toThrow(broken);
    await channel.clock.runFor(1_000);
    expect(channel.delivered).toEqual(['a 2', 'a 3*']);
  });

  test('does not stop a read for good', async () => {
    const channel = await openChannel();
    for (const subject of ['a', 'a', 'b']) channel.store(subject);
    channel.onDeliver = ({ sequence }) => {
      if (sequence === 2) throw broken;
    };
    channel.reader.catchUp();
    await channel.clock.runFor(1_000);
    expect(channel.delivered).toEqual(['a 1*', 'a 2*', 'b 3*']);
    expect(channel.failures).toEqual([broken]);
  });

  test('does not take the events with it that waited for a read', async () => {
    const channel = await openChannel();
    const release = channel.hold();
    channel.reader.catchUp();
    await channel.quiet();
    channel.publish('a', 'b', 'a', 'c');
    channel.onDeliver = ({ subject }) => {
      if (subject === 'b') throw broken;
    };
    await release();
    expect(channel.delivered).toEqual(['a 1', 'b 2', 'a 3', 'c 4']);
    expect(channel.failures).toEqual([broken]);
  });
});
