import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Chat } from '../../../client/index.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FakeStorage, Rig } from './rig.ts';
import { ScriptedServer } from './scripted-server.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const MAX_CHATS = 6;
const UNENDED: readonly string[] = ['pending', 'queued', 'running'];

type Step = { readonly do: keyof typeof weights; readonly pick: number };
const weights = {
  ask: 2,
  handle: 6,
  refuse: 1,
  work: 10,
  deliver: 12,
  cut: 2,
  lose: 1,
  wait: 3,
  cancel: 1,
  trim: 0,
  reload: 0,
};

function stepsOf(change: Partial<typeof weights>): fc.Arbitrary<Step[]> {
  const kinds = Object.entries({ ...weights, ...change }).filter(([, weight]) => weight > 0);
  return fc.array(
    fc.record({
      do: fc.oneof(
        ...kinds.map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Step['do']), weight })),
      ),
      pick: fc.nat(1_000),
    }),
    { minLength: 20, maxLength: 150, size: 'max' },
  );
}

/** A chat and what its reader was told of it. */
class Reading {
  readonly chat: Chat;
  isCancelled = false;
  error: unknown;
  text = '';
  /** What the reader saw last before each restart, and in the end. */
  readonly seen: string[] = [];

  constructor(chat: Chat) {
    this.chat = chat;
    this.#read().catch((error: unknown) => (this.error = error));
  }

  async #read(): Promise<void> {
    for await (const { delta, text, restarted } of this.chat) {
      if (restarted) {
        this.seen.push(this.text);
        this.text = '';
      }
      this.text += delta;
      expect(text).toBe(this.text);
    }
  }
}

/** One client and one server, step by step. */
class World {
  readonly server = new ScriptedServer();
  readonly storage = new FakeStorage();
  readonly readings = new Map<string, Reading>();
  readonly asked: string[] = [];
  gaps = 0;
  rig = this.#connect();

  async take({ do: kind, pick }: Step): Promise<void> {
    switch (kind) {
      case 'ask':
        this.#ask();
        break;
      case 'cancel':
        this.#cancel(pick);
        break;
      case 'reload':
        this.#reload();
        break;
      case 'wait':
        await vi.advanceTimersByTimeAsync(pick * 20);
        break;
      case 'cut':
      case 'lose':
      case 'trim':
        this.server[kind]();
        break;
      case 'handle':
      case 'refuse':
      case 'work':
      case 'deliver':
        this.server[kind](pick);
        break;
    }
    await vi.advanceTimersByTimeAsync(0);
  }

  /** Everything that is under way comes to its end. */
  async settle(): Promise<void> {
    this.server.lose();
    for (let idle = 0; idle < 4;) {
      const isBusy = this.server.settleOnce();
      await vi.advanceTimersByTimeAsync(isBusy ? 0 : 20_000);
      idle = isBusy ? 0 : idle + 1;
    }
  }

  #connect(): Rig {
    const rig = new Rig({ storage: this.storage, pingIntervalMs: 10_000_000, connectTimeoutMs: 10_000_000 });
    rig.network.onSocket = (socket) => {
      this.server.connect(socket);
    };
    rig.session.on('gap', () => {
      this.gaps += 1;
    });
    return rig;
  }

  #ask(): void {
    if (this.asked.length === MAX_CHATS) return;
    const requestId = `q${this.asked.length}`;
    this.asked.push(requestId);
    this.readings.set(requestId, new Reading(this.rig.session.chat('Olá', { requestId })));
  }

  #cancel(pick: number): void {
    const reading = [...this.readings.values()][pick % Math.max(1, this.readings.size)];
    if (reading === undefined) return;
    reading.isCancelled = true;
    reading.chat.cancel();
  }

  #reload(): void {
    const unfinished = [...this.readings.values()].filter(({ chat }) => UNENDED.includes(chat.status));
    this.rig.session.close();
    this.server.cut();
    this.rig = this.#connect();
    for (const { chat, isCancelled } of unfinished) {
      const again = new Reading(this.rig.session.resumeChat(chat.requestId));
      again.isCancelled = isCancelled;
      this.readings.set(chat.requestId, again);
    }
  }
}

async function run(steps: readonly Step[]): Promise<World> {
  // The same steps are the same run: back-off takes chance from here.
  const random = new SeededRandom(steps.length);
  vi.spyOn(Math, 'random').mockImplementation(() => random.next());
  const world = new World();
  try {
    for (const step of steps) await world.take(step);
    await world.settle();
    return world;
  } finally {
    world.rig.session.close();
    expect(vi.getTimerCount()).toBe(0);
  }
}

/** Every chat ended as the server ended it, for its reader too, and was one chat there. */
function expectWhole({ server, readings, asked, gaps }: World): void {
  for (const [id, { chat, text, isCancelled, error }] of readings) {
    expect(chat.error ?? error).toBeUndefined();
    const there = server.chats.get(id);
    // The server may say that nothing of that id runs: never accepted, or over before the wish arrived.
    if (isCancelled && chat.status === 'cancelled') {
      if (gaps === 0) expect(there?.text ?? '').toContain(text);
      continue;
    }
    if (there === undefined) throw new Error(`${id} was never accepted`);
    expect({ id, text, status: chat.status }).toEqual({
      id,
      text: there.text,
      status: (there.end?.data as { status: string }).status,
    });
  }
  expect(new Set(server.acceptedIds).size).toBe(server.acceptedIds.length);
  // One that was cancelled is not waited for: whoever has it may still accept it.
  const isWanted = (id: string): boolean => readings.get(id)?.isCancelled === false;
  expect(server.acceptedIds.filter(isWanted)).toEqual(asked.filter(isWanted));
}

it('under any interleaving of cuts, repeats and restarts every token comes once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(stepsOf({ cancel: 0 }), async (steps) => {
      const world = await run(steps);
      expectWhole(world);
      expect(world.gaps).toBe(0);
      // Nothing was taken back but by a restart of the server's.
      for (const [id, { seen, chat }] of world.readings) {
        const attempts = world.server.chats.get(id)?.attempt ?? 0;
        expect(chat.status).toBe('completed');
        expect(seen.length).toBeLessThan(attempts);
      }
    }),
    { numRuns: 300 },
  );
});

it('cancelled chats end, wherever the wish was spoken', async () => {
  await fc.assert(
    fc.asyncProperty(stepsOf({ cancel: 4, cut: 3 }), async (steps) => {
      expectWhole(await run(steps));
    }),
    { numRuns: 200 },
  );
});

it('gaps and reloads cost no text', async () => {
  await fc.assert(
    fc.asyncProperty(stepsOf({ trim: 1, reload: 2 }), async (steps) => {
      expectWhole(await run(steps));
    }),
    { numRuns: 200 },
  );
});
