import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Audience } from '../../../../gateway/outbound/audience.ts';
import { Broadcast, SOCKETS_PER_TURN, type Listener } from '../../../../gateway/outbound/broadcast.ts';
import type { Frame } from '../../../../gateway/transport/transport.ts';
import { propertyOptions } from '../../../support/property-options.ts';

const ALLOWANCE_BYTES = 10;
const SMALLEST = 32;

/** What the transport does with groups: whoever is in one when something is published gets it. */
class FakeTransport {
  readonly groups = new Map<string, Set<FakeSocket>>();
  /** How many sockets each call was for. */
  readonly published: number[] = [];

  publish(group: string, frame: Frame): void {
    const sockets = this.groups.get(group) ?? new Set();
    this.published.push(sockets.size);
    for (const socket of sockets) socket.receive(frame);
  }
}

class FakeSocket implements Listener {
  readonly got: string[] = [];
  /** What it gets by itself waits here for the end of the turn, as in an outbox. */
  readonly outbox: Frame[] = [];
  readsSlowly = false;
  unsent = 0;
  readonly #transport: FakeTransport;

  constructor(transport: FakeTransport) {
    this.#transport = transport;
  }

  receive(frame: Frame): void {
    this.got.push(Buffer.from(frame).toString());
    if (this.readsSlowly) this.unsent += frame.length;
  }

  flush(): void {
    for (const frame of this.outbox.splice(0)) this.receive(frame);
  }

  enter(group: string): boolean {
    if (this.outbox.length > 0 || this.unsent > 0) return false;
    const sockets = this.#transport.groups.get(group) ?? new Set();
    this.#transport.groups.set(group, sockets.add(this));
    return true;
  }

  leave(group: string): void {
    this.#transport.groups.get(group)?.delete(this);
  }

  takePromised(frame: Frame): void {
    this.outbox.push(frame);
  }

  unsentBytes(): number {
    return this.unsent;
  }
}

interface Member {
  readonly receiver: FakeSocket;
}

/** A channel with an audience, as `Channel` uses it. */
class Stage {
  readonly transport = new FakeTransport();
  readonly broadcast = new Broadcast(ALLOWANCE_BYTES, (group, frame) => this.transport.publish(group, frame));
  readonly audience = new Audience<Member>(this.broadcast);
  readonly members: Member[] = [];
  #events = 0;

  add(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const member = { receiver: new FakeSocket(this.transport) };
      this.members.push(member);
      this.audience.add(member);
    }
  }

  deliver(bytes = 1): string {
    this.#events += 1;
    const event = String(this.#events).padStart(bytes, '0');
    this.audience.prepare(event.length);
    for (const { receiver } of this.audience.alone) receiver.outbox.push(event);
    const lent = Buffer.from(event);
    this.audience.send(lent);
    setImmediate(() => lent.fill('?'));
    return event;
  }

  /** Until nothing is left to do. */
  async settle(turns = 8): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const { receiver } of this.members) receiver.flush();
    }
  }

  member(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new Error('no such member');
    return member;
  }
}

describe('an audience', () => {
  it('is sent to in one call for a whole group', async () => {
    const stage = new Stage();
    stage.add(100);
    await stage.settle();
    stage.deliver();
    await stage.settle();
    expect(stage.transport.published).toEqual([100]);
    expect(stage.members.every(({ receiver }) => receiver.got.join() === '1')).toBe(true);
  });

  it('of few is sent to one by one', async () => {
    const stage = new Stage();
    stage.add(SMALLEST - 1);
    await stage.settle();
    stage.deliver();
    await stage.settle();
    expect(stage.transport.published).toEqual([]);
    expect(stage.members.every(({ receiver }) => receiver.got.join() === '1')).toBe(true);
  });

  it('that is very large is sent to in several turns', async () => {
    const stage = new Stage();
    stage.add(2 * SOCKETS_PER_TURN);
    await stage.settle();
    stage.deliver();
    await stage.settle(1);
    expect(stage.transport.published).toEqual([SOCKETS_PER_TURN]);
    await stage.settle(1);
    expect(stage.transport.published).toEqual([SOCKETS_PER_TURN, SOCKETS_PER_TURN]);
    expect(stage.members.every(({ receiver }) => receiver.got.join() === '1')).toBe(true);
  });

  it('gives nothing that is still on its way to others to who comes now', async () => {
    const stage = new Stage();
    stage.add(SOCKETS_PER_TURN + 100);
    await stage.settle();
    stage.deliver();
    stage.add(1);
    await stage.settle();
    stage.deliver();
    await stage.settle();
    expect(stage.members.at(-2)?.receiver.got).toEqual(['1', '2']);
    expect(stage.members.at(-1)?.receiver.got).toEqual(['2']);
  });

  it('gives a member that leaves what was sent before, and nothing after', async () => {
    const stage = new Stage();
    stage.add(100);
    await stage.settle();
    const leaver = stage.member(7);
    stage.deliver();
    stage.audience.delete(leaver);
    stage.deliver();
    await stage.settle();
    expect(leaver.receiver.got).toEqual(['1']);
    expect(stage.member(8).receiver.got).toEqual(['1', '2']);
  });

  it('sends no more to a group unseen than it may, also in one turn', async () => {
    const stage = new Stage();
    stage.add(SMALLEST);
    await stage.settle();
    // Nothing of it is published before the turn ends, so the transport holds nothing of it yet.
    const events = Array.from({ length: 5 * ALLOWANCE_BYTES }, () => stage.deliver());
    const published: number[] = [];
    stage.transport.publish = (_, frame) => published.push(frame.length);
    await stage.settle(1);
    expect(published.length * SMALLEST).toBeLessThanOrEqual(ALLOWANCE_BYTES * SMALLEST);
    expect(events).toHaveLength(5 * ALLOWANCE_BYTES);
  });

  it('sends a frame that is too large for groups to each alone, in its place', async () => {
    const stage = new Stage();
    stage.add(100);
    await stage.settle();
    const sent = [stage.deliver(), stage.deliver(ALLOWANCE_BYTES + 1), stage.deliver()];
    await stage.settle();
    expect(stage.member(3).receiver.got).toEqual(sent);
  });

  it('never has more than the allowance wait unseen, and who reads slowly is alone', async () => {
    const stage = new Stage();
    stage.add(100);
    await stage.settle();
    const slow = stage.member(5);
    slow.receiver.readsSlowly = true;
    for (let count = 1; count < ALLOWANCE_BYTES; count += 1) stage.deliver();
    await stage.settle(2);
    expect(stage.audience.alone.has(slow)).toBe(false);
    stage.deliver(2);
    expect(slow.receiver.unsent).toBe(ALLOWANCE_BYTES - 1);
    expect(stage.audience.alone.has(slow)).toBe(true);
    expect(stage.audience.alone.size).toBe(1);
  });
});

type Step =
  | { readonly do: 'deliver'; readonly bytes: number }
  | { readonly do: 'add' | 'delete' | 'slow' | 'drain'; readonly member: number }
  | { readonly do: 'turn' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), bytes: fc.integer({ min: 3, max: 12 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('add' as const, 'delete' as const, 'slow' as const, 'drain' as const),
      member: fc.nat(59),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
);

describe('whoever comes, goes, and reads slowly', () => {
  it('gets each event that was delivered while it was there, once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const stage = new Stage();
        stage.add(60);
        await stage.settle(2);
        const present = new Set(stage.members);
        const expected = new Map(stage.members.map((member) => [member, [] as string[]]));
        for (const next of steps) {
          if (next.do === 'turn') await stage.settle(1);
          else if (next.do === 'deliver') {
            const event = stage.deliver(next.bytes);
            for (const member of present) expected.get(member)?.push(event);
          } else {
            const member = stage.member(next.member);
            if (next.do === 'slow') member.receiver.readsSlowly = true;
            if (next.do === 'drain') Object.assign(member.receiver, { readsSlowly: false, unsent: 0 });
            if (next.do === 'delete' && present.delete(member)) stage.audience.delete(member);
            if (next.do === 'add' && !present.has(member)) {
              present.add(member);
              stage.audience.add(member);
            }
          }
        }
        await stage.settle();
        for (const [member, events] of expected) expect(member.receiver.got).toEqual(events);
      }),
      propertyOptions(200),
    );
  });
});
