import { SeededRandom } from '../../support/seeded-random.ts';
import type { ChatPlan } from './chat-plan.ts';
import { planFaults, type Fault } from './fault-plan.ts';

/**
 * One tab, and when it opens: before anything happens, or once the first chat of the session has so many
 * chunks, then from the start of the first tab or from now on.
 */
interface TabPlan {
  readonly gateway: number;
  readonly opens: 'first' | { readonly afterChunk: number; readonly from: 'start' | 'now' };
}

export interface SessionPlan {
  readonly id: string;
  readonly tabs: readonly TabPlan[];
  readonly investigation: string | undefined;
  readonly notifications: number;
  /** Whose it is; undefined is open to whoever knows its id. */
  readonly owner: string | undefined;
}

/** Everything that is done in one trial, from its seed alone. */
export interface Plan {
  readonly seed: number;
  readonly sessions: readonly SessionPlan[];
  readonly chats: readonly ChatPlan[];
  /** An investigation socket reads along, on this gateway. */
  readonly reader: { readonly investigation: string; readonly gateway: number };
  readonly publications: number;
  readonly faults: readonly Fault[];
}

const QUIET_SESSION = 5;
export const LIBRARY_SESSION = 6;
const OWNED_SESSIONS = [3, QUIET_SESSION];

export function makePlan(seed: number): Plan {
  const random = new SeededRandom(seed);
  const investigation = `INV-${seed}`;
  const first = (gateway: number): TabPlan => ({ gateway, opens: 'first' });
  const gateway = random.integer(0, 1);
  const other = 1 - gateway;
  const late: TabPlan = {
    gateway: other,
    opens: { afterChunk: random.integer(0, 15), from: random.chance(0.5) ? 'start' : 'now' },
  };
  const tabs: readonly (readonly TabPlan[])[] = [
    [first(gateway)],
    [first(gateway), first(other)],
    [first(other), first(gateway)],
    [first(random.integer(0, 1)), first(other)],
    [first(gateway), late],
    // Nothing but notifications: where one is lost, no later event tells.
    [first(random.integer(0, 1))],
    // Nobody but the client library.
    [],
  ];
  const sessions = tabs.map((opened, index) => ({
    id: `s${seed}-${index}`,
    tabs: opened,
    investigation: index === 1 || index === 3 ? investigation : undefined,
    notifications: index === QUIET_SESSION ? 10 : random.integer(0, 3),
    owner: OWNED_SESSIONS.includes(index) ? `ana-${seed}` : undefined,
  }));
  const chats = planChats(seed, random);
  const faults = planFaults(random, chats);
  return {
    seed,
    sessions,
    chats,
    reader: { investigation, gateway: random.integer(0, 1) },
    publications: 8,
    faults,
  };
}

function planChats(seed: number, random: SeededRandom): ChatPlan[] {
  const places = [
    { session: 0, askers: [0], copies: 1, isSame: false },
    { session: 0, askers: [0], copies: 1, isSame: false },
    { session: 1, askers: [0, 1], copies: 3, isSame: false },
    { session: 1, askers: [1], copies: 1, isSame: false },
    { session: 2, askers: [0], copies: 1, isSame: true },
    { session: 3, askers: [1], copies: 2, isSame: false },
    { session: 4, askers: [0], copies: 1, isSame: true },
    { session: 4, askers: [0], copies: 1, isSame: false },
    { session: LIBRARY_SESSION, askers: [], copies: 1, isSame: false },
  ];
  return places.map(({ isSame, ...place }, index) => {
    const pieces = random.integer(15, 45);
    const isCancelled = place.session === 2 ? random.chance(0.6) : random.chance(0.05);
    return {
      ...place,
      // Ids are each session's own: two have the same.
      requestId: isSame ? `c${seed}-same` : `c${seed}-${index}`,
      question: {
        marker: `@s${seed}-${place.session}-c${index}@`,
        pieces,
        pauseMs: random.integer(3, 18),
        mode: random.chance(0.2) ? 'restart' : 'continue',
      },
      cancel: isCancelled ? { tab: random.integer(0, 1), afterChunk: random.integer(0, pieces) } : undefined,
    };
  });
}
