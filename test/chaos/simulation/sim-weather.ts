import type { BrokerFaults } from '../../support/connection-model.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

type SimEvent =
  | 'client opens'
  | 'client cut'
  | 'client lags'
  | 'gateway killed'
  | 'gateway cut'
  | 'gateway cut in a swap'
  | 'gateway asleep'
  | 'worker killed'
  | 'worker drained'
  | 'worker cut'
  | 'worker asleep'
  | 'broker killed'
  | 'election';

const EVENTS: readonly SimEvent[] = [
  'client opens',
  'client cut',
  'client lags',
  'gateway killed',
  'gateway cut',
  'gateway cut in a swap',
  'gateway asleep',
  'worker killed',
  'worker drained',
  'worker cut',
  'worker asleep',
  'broker killed',
];

/** What a run is like: each seed gets some of what may happen, so that faults also meet alone. */
export interface SimWeather {
  readonly sessions: number;
  readonly tabs: number;
  readonly chats: number;
  readonly steps: number;
  readonly faults: BrokerFaults;
  readonly isCluster: boolean;
  readonly events: readonly SimEvent[];
  readonly losesTail: boolean;
}

export function anySimWeather(random: SeededRandom): SimWeather {
  const isCluster = random.chance(0.4);
  const events = EVENTS.filter(() => random.chance(0.25));
  // What only a cluster does wrong shows when an answer is lost, or a leader.
  const cluster: readonly SimEvent[] = random.chance(0.5) ? ['worker cut', 'worker cut'] : ['election'];
  const possible = isCluster ? [...events, ...cluster] : events;
  const losesTail = random.chance(0.08);
  const size = losesTail ? { sessions: 1, tabs: 1, chats: 1, steps: 0 } : anySize(random);
  return {
    ...size,
    losesTail,
    isCluster,
    events: possible.length === 0 ? ['client lags'] : possible,
    faults: {
      swap: random.pick([0, 0.5]),
      repeat: random.pick([0, 0, 0.05]),
      requestFailure: losesTail ? 0 : random.pick([0, 0, 0.03]),
    },
  };
}

function anySize(random: SeededRandom): Pick<SimWeather, 'sessions' | 'tabs' | 'chats' | 'steps'> {
  return {
    sessions: random.pick([1, 1, 2]),
    tabs: random.pick([1, 2, 2]),
    chats: random.integer(1, 3),
    steps: random.integer(3, 12),
  };
}
