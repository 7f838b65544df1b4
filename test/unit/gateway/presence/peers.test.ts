import { beforeEach, describe, expect, it } from 'vitest';
import { Peers } from '../../../../gateway/presence/peers.ts';

const OWN = 'own';
const BEAT = 500;
const CHECK = 50;

let now = 0;
let gone: string[] = [];
let missed = 0;
let peers: Peers;
/** Who beats, with the number of its last announcement. */
let beating: Map<string, number>;

beforeEach(() => {
  now = 1_000;
  gone = [];
  missed = 0;
  beating = new Map([[OWN, 0]]);
  peers = new Peers(
    OWN,
    {
      gone: (id) => gone.push(id),
      missed: () => (missed += 1),
    },
    () => now,
  );
});

/** Time goes by: everybody who beats is heard, and it is checked all the time. */
function run(ms: number, { checks = true } = {}): void {
  for (const end = now + ms; now < end; now += CHECK) {
    if (now % BEAT === 0) {
      for (const [id, sequence] of beating) peers.heardAlive(id, { sequence, sessions: 1 });
    }
    if (checks) peers.check();
  }
}

describe('a peer', () => {
  beforeEach(() => {
    peers.heardAlive('a', { sequence: 0, sessions: 0 });
    beating.set('a', 0);
    run(3_000);
  });

  it('stays while it is heard', () => {
    run(60_000);
    expect([gone, missed]).toEqual([[], 0]);
  });

  it('is gone after 1.5 seconds of silence, once', () => {
    beating.delete('a');
    run(1_000);
    expect(gone).toEqual([]);
    run(700);
    expect(gone).toEqual(['a']);
    run(10_000);
    expect(gone).toEqual(['a']);
  });

  it('is gone at once when it says good-bye', () => {
    peers.heardGoodbye('a');
    peers.heardGoodbye('a');
    expect(gone).toEqual(['a']);
  });

  it('that comes back with sessions has said what nobody heard', () => {
    beating.delete('a');
    run(3_000);
    beating.set('a', 0);
    run(3_000);
    expect([gone, missed]).toEqual([['a'], 1]);
  });

  it('may announce something before its next sign of life', () => {
    peers.heardAnnouncement('a', 1);
    beating.set('a', 1);
    run(2_000);
    peers.heardAnnouncement('a', 2);
    beating.set('a', 2);
    run(2_000);
    expect(missed).toBe(0);
  });

  it('whose announcement is lost was missed', () => {
    peers.heardAnnouncement('a', 2);
    expect(missed).toBe(1);
    beating.set('a', 3);
    run(2_000);
    expect(missed).toBe(2);
  });
});

describe('somebody who was not heard of', () => {
  it('and has sessions has said what nobody heard', () => {
    beating.set('old', 7);
    run(2_000);
    expect(missed).toBe(1);
  });

  it('and announces something first is asked when it turns out that it had sessions', () => {
    peers.heardAnnouncement('returning', 8);
    expect(missed).toBe(0);
    beating.set('returning', 8);
    run(2_000);
    expect(missed).toBe(1);
  });

  it('is gone when only its announcement was ever heard', () => {
    peers.heardAnnouncement('short', 1);
    run(2_000);
    expect(gone).toEqual(['short']);
  });
});

describe('nobody is taken out', () => {
  beforeEach(() => {
    beating.set('a', 0);
    run(3_000);
  });

  it('while the broker is silent, nor when it answers again', () => {
    const all = new Map(beating);
    beating.clear();
    run(20_000);
    peers.heardAlive(OWN, { sequence: 0, sessions: 1 });
    peers.check();
    run(100);
    for (const [id] of all) beating.set(id, 0);
    run(5_000);
    expect(gone).toEqual([]);
  });

  it('by a process that slept', () => {
    now += 30_000;
    peers.check();
    run(5_000);
    expect(gone).toEqual([]);
  });

  it('for the time in which nothing was checked', () => {
    run(10_000, { checks: false });
    now += 2_000;
    run(5_000);
    expect(gone).toEqual([]);
  });
});
