import { describe, expect, test } from 'vitest';
import { decodeCursor, type Position } from '../../../../shared/channel/position.ts';
import { openChannel, ScriptedChannel } from './scripted-channel.ts';

/** Somebody who joins, and what became of it. */
class Guest {
  readonly got: string[] = [];
  readonly positions: (Position | undefined)[] = [];
  /** How much of what the channel delivered was delivered when it was level. */
  levelAfter: number | undefined;
  recovered: boolean | undefined;
  onDeliver: (sequence: number) => void = () => undefined;
  onLevel: () => void = () => undefined;
  readonly leave: () => void;

  constructor(channel: ScriptedChannel, position: Partial<Position>) {
    this.leave = channel.reader.join({
      position: { epoch: 'epoch-01', base: 0, above: [], ...position },
      deliver: (event, cursor) => {
        this.got.push(`${event.subject} ${event.sequence}`);
        this.positions.push(decodeCursor(cursor));
        this.onDeliver(event.sequence);
      },
      onLevel: ({ recovered }) => {
        expect(this.levelAfter).toBeUndefined();
        this.levelAfter = channel.delivered.length;
        this.recovered = recovered;
        this.onLevel();
      },
    });
  }
}

describe('a join', () => {
  test('delivers what is lacking and nothing else, then tells that it is level', async () => {
    const channel = await openChannel('a', 'b', 'a', 'c', 'b');
    const guest = new Guest(channel, { base: 1, above: [3] });
    await channel.quiet();
    expect(guest.got).toEqual(['b 2', 'c 4', 'b 5']);
    expect(guest.positions).toEqual([
      { epoch: 'epoch-01', base: 2, above: [3] },
      { epoch: 'epoch-01', base: 4, above: [] },
      { epoch: 'epoch-01', base: 5, above: [] },
    ]);
    expect([guest.recovered, guest.levelAfter]).toEqual([true, 0]);
    expect(channel.delivered).toEqual([]);
  });

  test('is level before the channel goes on with what came meanwhile', async () => {
    const channel = await openChannel('a');
    const release = channel.hold();
    const guest = new Guest(channel, { base: 1 });
    await channel.quiet();
    channel.publish('a', 'b');
    await release();
    expect([guest.got, guest.levelAfter]).toEqual([[], 0]);
    expect(channel.delivered).toEqual(['a 2', 'b 3']);
  });

  test('brings the channel what it lacks, too', async () => {
    const channel = await openChannel('a');
    channel.store('b');
    const guest = new Guest(channel, { base: 0 });
    await channel.quiet();
    expect(channel.delivered).toEqual(['b 2*']);
    expect([guest.got, guest.levelAfter]).toEqual([['a 1', 'b 2'], 1]);
  });

  test('shares one read with all who wait, from the smallest position', async () => {
    const channel = await openChannel('a', 'a', 'a', 'a');
    const release = channel.hold();
    channel.reader.catchUp();
    const guests = [3, 1, 2].map((base) => new Guest(channel, { base }));
    await release();
    expect(channel.reads).toEqual([
      [5, 4],
      [2, 4],
    ]);
    expect(guests.map((guest) => guest.got.length)).toEqual([1, 3, 2]);
  });

  test('before the channel is open is served then', async () => {
    const channel = new ScriptedChannel();
    channel.store('a');
    const guest = new Guest(channel, {});
    await channel.reader.open();
    await channel.quiet();
    expect([guest.got, guest.recovered]).toEqual([['a 1'], true]);
  });

  test('goes on where a read broke off', async () => {
    const channel = await openChannel('a', 'b', 'a', 'c', 'b', 'a');
    const guest = new Guest(channel, { base: 1, above: [3] });
    channel.breakAfter = 3;
    await channel.clock.runFor(500);
    channel.breakAfter = Infinity;
    await channel.clock.runFor(500);
    expect(guest.got).toEqual(['b 2', 'c 4', 'b 5', 'a 6']);
    expect(guest.recovered).toBe(true);
    expect(channel.reads.at(-1)?.[0]).toBeGreaterThan(2);
  });

  test('starts over where a read broke off before it knew whose the named events are', async () => {
    const channel = await openChannel('a', 'b', 'a', 'a');
    const guest = new Guest(channel, { base: 0, above: [4] });
    channel.breakAfter = 3;
    await channel.quiet();
    expect(guest.got).toEqual([]);
    channel.breakAfter = Infinity;
    await channel.clock.runFor(500);
    expect(guest.got).toEqual(['b 2']);
    expect(channel.reads).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  test.each([
    ['older than what is kept', { base: 1 }],
    ['of another storage', { epoch: 'epoch-00', base: 3 }],
    ['beyond the end', { base: 7 }],
    ['naming what is beyond the end', { base: 3, above: [7] }],
  ])('from a position %s gets all that is kept', async (_, position) => {
    const channel = await openChannel('a', 'b', 'a', 'b');
    channel.stored.splice(0, 2);
    channel.first = 3;
    const guest = new Guest(channel, position);
    await channel.quiet();
    expect(guest.got).toEqual(['a 3', 'b 4']);
    expect(guest.positions.at(-1)).toEqual({ epoch: 'epoch-01', base: 4, above: [] });
    expect(guest.recovered).toBe(false);
  });

  test('from just before what is kept is recovered', async () => {
    const channel = await openChannel('a', 'b', 'a');
    channel.stored.splice(0, 2);
    channel.first = 3;
    const guest = new Guest(channel, { base: 2 });
    await channel.quiet();
    expect([guest.got, guest.recovered]).toEqual([['a 3'], true]);
  });

  test('that outlives the storage starts over in the new one', async () => {
    const channel = await openChannel('a', 'b');
    channel.breakAfter = 1;
    const guest = new Guest(channel, {});
    await channel.quiet();
    channel.replaceStorage();
    channel.store('c');
    channel.breakAfter = Infinity;
    await channel.clock.runFor(500);
    expect(guest.got).toEqual(['a 1', 'c 1']);
    expect([guest.recovered, guest.positions.at(-1)?.epoch]).toEqual([false, 'epoch-02']);
    expect(channel.delivered).toEqual(['c 1*']);
  });
});

describe('who withdraws', () => {
  test('before the read is not served', async () => {
    const channel = await openChannel('a');
    const guest = new Guest(channel, {});
    guest.leave();
    await channel.quiet();
    expect([guest.got, guest.levelAfter]).toEqual([[], undefined]);
  });

  test('in the middle of it gets nothing more, and the others all', async () => {
    const channel = await openChannel('a', 'b', 'c');
    const [leaving, staying] = [new Guest(channel, {}), new Guest(channel, {})];
    leaving.onDeliver = (sequence) => {
      if (sequence === 2) leaving.leave();
    };
    await channel.quiet();
    expect([leaving.got, leaving.levelAfter]).toEqual([['a 1', 'b 2'], undefined]);
    expect([staying.got, staying.recovered]).toEqual([['a 1', 'b 2', 'c 3'], true]);
  });

  test('is not waited for by another read', async () => {
    const channel = await openChannel('a');
    const release = channel.hold();
    channel.reader.catchUp();
    new Guest(channel, {}).leave();
    await release();
    expect(channel.reads.length).toBeLessThanOrEqual(2);
  });

  test('when the reader closes is not told to be level', async () => {
    const channel = await openChannel('a');
    const [one, other] = [new Guest(channel, {}), new Guest(channel, {})];
    one.onLevel = () => channel.reader.close();
    await channel.clock.runFor(500);
    expect([one.levelAfter, other.levelAfter]).toEqual([0, undefined]);
    expect(channel.failures).toEqual([]);
  });
});

describe('from within a call', () => {
  test('of onLevel another may join: the next read is for it', async () => {
    const channel = await openChannel('a', 'b');
    const first = new Guest(channel, { base: 1 });
    let second: Guest | undefined;
    first.onLevel = () => {
      second = new Guest(channel, { base: 0 });
    };
    await channel.quiet();
    expect(second?.got).toEqual(['a 1', 'b 2']);
    expect(second?.recovered).toBe(true);
  });

  test('of the channel another may join: what comes next waits for its read', async () => {
    const channel = await openChannel('a');
    let guest: Guest | undefined;
    channel.onDeliver = () => {
      guest ??= new Guest(channel, { base: 0 });
    };
    channel.publish('a', 'b');
    expect(channel.delivered).toEqual(['a 2']);
    await channel.quiet();
    expect([guest?.got, guest?.levelAfter]).toEqual([['a 1', 'a 2'], 1]);
    expect(channel.delivered).toEqual(['a 2', 'b 3']);
  });

  test('of the channel a catch-up may be asked for', async () => {
    const channel = await openChannel();
    channel.onDeliver = () => {
      channel.onDeliver = () => undefined;
      channel.reader.catchUp();
    };
    channel.publish('a', 'b');
    expect(channel.delivered).toEqual(['a 1']);
    await channel.quiet();
    expect(channel.delivered).toEqual(['a 1', 'b 2']);
    expect(channel.reads).toEqual([[1, 1]]);
  });
});

describe('a joiner that throws', () => {
  const broken = new Error('broken');

  test('for an event is left out, and the others get theirs once', async () => {
    const channel = await openChannel('a', 'b', 'c');
    const [good, bad, late] = [
      new Guest(channel, {}),
      new Guest(channel, {}),
      new Guest(channel, { base: 1 }),
    ];
    bad.onDeliver = (sequence) => {
      if (sequence === 2) throw broken;
    };
    await channel.clock.runFor(1_000);
    expect(bad.levelAfter).toBeUndefined();
    expect([good.got, good.recovered]).toEqual([['a 1', 'b 2', 'c 3'], true]);
    expect([late.got, late.recovered]).toEqual([['b 2', 'c 3'], true]);
    expect(channel.failures).toEqual([broken]);
  });

  test('when it is level leaves the others their turn', async () => {
    const channel = await openChannel('a');
    const [bad, good] = [new Guest(channel, {}), new Guest(channel, {})];
    bad.onLevel = () => {
      throw broken;
    };
    await channel.clock.runFor(1_000);
    expect([good.got, good.recovered]).toEqual([['a 1'], true]);
    expect(bad.got).toEqual(['a 1']);
    expect(channel.failures).toEqual([broken]);
  });
});
