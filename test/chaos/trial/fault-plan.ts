import type { SeededRandom } from '../../support/seeded-random.ts';
import type { WatchPhase } from '../network/wire-watch.ts';
import type { ChatPlan } from './chat-plan.ts';
import type { Moment } from './moments.ts';

/** What can be done, and to whom. */
export type FaultKind =
  | 'gateway killed'
  | 'gateway terminated'
  | 'gateway asleep'
  | 'worker killed'
  | 'worker terminated'
  | 'worker asleep'
  | 'broker killed'
  | 'broker terminated'
  | 'broker asleep'
  | `${FaultyLink} ${LinkFault}`;

export type FaultyLink = 'clients-gateway' | 'gateway-broker' | 'worker-broker';
export type LinkFault = 'cut' | 'silent' | 'slow' | 'reset';

/**
 * When it is done. `stored`: as soon as the moment is in the log. On the wire: when the bytes of the
 * moment pass a link, before they have left or before the answer is back.
 */
export type Trigger =
  | { readonly by: 'stored'; readonly chat: number; readonly moment: Moment }
  | { readonly by: 'wire'; readonly chat: number; readonly moment: WireMoment; readonly phase: WatchPhase };

/** `request`: the gateway queues it; `ack`: the worker tells the queue that it is done with any chat. */
type WireMoment = Moment | { readonly name: 'request' | 'ack' };

export interface Fault {
  readonly kind: FaultKind;
  readonly trigger: Trigger;
  /** Of the two: the one where the moment is, or a certain one. */
  readonly which: 'there' | 0 | 1;
  /** How long it stays away, sleeps, or is broken. */
  readonly durationMs: number;
  /** For a reset: so many bytes later. */
  readonly bytes: number;
}

interface KindPlan {
  readonly weight: number;
  readonly durationMs: readonly [number, number];
}

/** A sleep is longer than the ack wait more often than not; silence is noticed after three seconds. */
const KINDS: Readonly<Record<FaultKind, KindPlan>> = {
  'gateway killed': { weight: 6, durationMs: [0, 300] },
  'gateway terminated': { weight: 2, durationMs: [0, 300] },
  'gateway asleep': { weight: 2, durationMs: [100, 2_500] },
  'worker killed': { weight: 8, durationMs: [0, 300] },
  'worker terminated': { weight: 4, durationMs: [0, 300] },
  'worker asleep': { weight: 6, durationMs: [500, 3_200] },
  'broker killed': { weight: 6, durationMs: [0, 600] },
  'broker terminated': { weight: 2, durationMs: [0, 600] },
  'broker asleep': { weight: 2, durationMs: [200, 3_500] },
  'clients-gateway cut': { weight: 2, durationMs: [0, 500] },
  'clients-gateway silent': { weight: 0.5, durationMs: [500, 5_000] },
  'clients-gateway slow': { weight: 1, durationMs: [100, 1_500] },
  'clients-gateway reset': { weight: 2, durationMs: [0, 0] },
  'gateway-broker cut': { weight: 2, durationMs: [0, 1_000] },
  'gateway-broker silent': { weight: 1, durationMs: [500, 4_000] },
  'gateway-broker slow': { weight: 1, durationMs: [100, 1_500] },
  'gateway-broker reset': { weight: 2, durationMs: [0, 0] },
  'worker-broker cut': { weight: 2, durationMs: [0, 2_500] },
  'worker-broker silent': { weight: 1, durationMs: [500, 4_000] },
  'worker-broker slow': { weight: 1, durationMs: [100, 2_500] },
  'worker-broker reset': { weight: 2, durationMs: [0, 0] },
};

export const FAULT_KINDS = Object.keys(KINDS) as readonly FaultKind[];

export function planFaults(random: SeededRandom, chats: readonly ChatPlan[]): Fault[] {
  const count = 1 + (random.chance(0.5) ? 1 : 0) + (random.chance(0.25) ? 1 : 0);
  return Array.from({ length: count }, () => planFault(random, chats));
}

function planFault(random: SeededRandom, chats: readonly ChatPlan[]): Fault {
  const kind = pickKind(random);
  const [shortest, longest] = KINDS[kind].durationMs;
  const chat = random.integer(0, chats.length - 1);
  return {
    kind,
    trigger: planTrigger(random, kind, chat, chats[chat]?.question.pieces ?? 1),
    which: random.chance(0.75) ? 'there' : random.chance(0.5) ? 0 : 1,
    durationMs: Math.round(random.between(shortest, longest)),
    bytes: random.integer(1, 700),
  };
}

function pickKind(random: SeededRandom): FaultKind {
  let left = random.between(
    0,
    FAULT_KINDS.reduce((sum, kind) => sum + KINDS[kind].weight, 0),
  );
  for (const kind of FAULT_KINDS) {
    left -= KINDS[kind].weight;
    if (left < 0) return kind;
  }
  return 'worker killed';
}

function planTrigger(random: SeededRandom, kind: FaultKind, chat: number, pieces: number): Trigger {
  // Fewer chunks than pieces come out of a worker that has much to do: later ones may never be.
  const chunk = { name: 'chunk', index: Math.floor(random.next() ** 1.5 * pieces) } as const;
  const byGateway = [{ name: 'request' }, { name: 'accepted' }] as const;
  const byWorker = [{ name: 'claim' }, { name: 'end' }, { name: 'ack' }, chunk, chunk, chunk] as const;
  const phase = random.chance(0.5) ? 'before' : 'after';
  if (random.chance(0.5)) {
    const pool = kind.startsWith('gateway') ? byGateway : kind.startsWith('worker') ? byWorker : undefined;
    const moment = random.pick<WireMoment>(pool ?? [...byGateway, ...byWorker]);
    return { by: 'wire', chat, moment, phase };
  }
  const others = [{ name: 'accepted' }, { name: 'claim' }, { name: 'end' }] as const;
  return { by: 'stored', chat, moment: random.chance(0.75) ? chunk : random.pick<Moment>(others) };
}
