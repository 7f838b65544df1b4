import { setTimeout as delay } from 'node:timers/promises';
import { ChunkWatch } from '../chunk-watch.ts';
import { requestChats } from '../chat-requests.ts';
import { interleave, quantile, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { cpuOf } from '../process-cpu.ts';
import { RawPublisher } from '../raw-publisher.ts';
import {
  startBarePublisher,
  startBroker,
  startGateway,
  startPacedWorker,
  type Broker,
  type MeasuredServer,
} from '../servers.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const COST = { chats: 64, pauseMs: 10, warmUpMs: 1_500, measuredMs: 3_000 };
/** 50 tokens a second each. */
const CAPACITY = { pauseMs: 20, warmUpMs: 2_500, measuredMs: 4_000, lateMs: 100 };
const WORKERS = 2;
/** Tried in turn until one is too many. */
const CHATS_TRIED = [125, 250, 500, 750, 1_000, 1_250];

interface WriteCost {
  readonly cpuUs: number;
  readonly driverLoad: number;
}

/** What a stored chunk costs the process that writes it, while it writes at the pace of agents. */
async function costOf(
  broker: Broker,
  start: () => Promise<MeasuredServer>,
  begin: () => void,
): Promise<WriteCost> {
  await using owned = new DisposalStack();
  const server = owned.use(await start());
  const watch = owned.use(await ChunkWatch.open(broker, { timed: false }));
  begin();
  await delay(COST.warmUpMs);
  const driver = (): number => cpuOf(process.pid) + cpuOf(broker.pid);
  const before = { cpu: cpuOf(server.pid), driver: driver(), count: watch.count, at: performance.now() };
  await delay(COST.measuredMs);
  return {
    cpuUs: (cpuOf(server.pid) - before.cpu) / (watch.count - before.count),
    driverLoad: (driver() - before.driver) / ((performance.now() - before.at) * 1_000),
  };
}

async function measureCost({ trees, rounds, share }: Bench): Promise<Samples> {
  await using servers = new DisposalStack();
  const broker = servers.use(await startBroker());
  await makeStreams(broker, trees);
  const chats = Math.ceil(COST.chats * share);
  // One answer outlasts the measurement; the process is ended in the middle of it.
  const pieces = (2 * (COST.warmUpMs + COST.measuredMs)) / COST.pauseMs;
  let run = 0;
  const [ofBare = [], ...ofWorkers] = await interleave<WriteCost>(rounds, [
    () =>
      costOf(
        broker,
        () => startBarePublisher(broker, chats, COST.pauseMs),
        () => undefined,
      ),
    ...trees.map((tree) => async () => {
      // A broker of its own: what the worker before left unfinished would come to this one.
      await using own = await startBroker();
      await makeStreams(own, [tree]);
      using requests = await RawPublisher.connect(own.url);
      run += 1;
      return await costOf(
        own,
        () => startPacedWorker(own, tree, { pauseMs: COST.pauseMs, pieces }),
        () => requestChats(requests, `cost-${String(run)}`, chats),
      );
    }),
  ]);
  const cpuUs = (costs: readonly WriteCost[]): readonly number[] => costs.map((cost) => cost.cpuUs);
  return {
    reference: cpuUs(ofBare),
    ours: ofWorkers.map(cpuUs),
    driverLoad: Math.max(...[ofBare, ...ofWorkers].flat().map((cost) => cost.driverLoad)),
  };
}

/** The first gateway or worker makes them; the bare publisher can't. */
async function makeStreams(broker: Broker, [tree = '']: readonly string[]): Promise<void> {
  const gateway = await startGateway(broker, tree);
  await gateway[Symbol.asyncDispose]();
}

interface Capacity {
  readonly chats: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

/** How late chunks are while so many chats run on two workers. */
async function lateness(tree: string, chats: number): Promise<Capacity> {
  await using owned = new DisposalStack();
  const broker = owned.use(await startBroker());
  const pieces = (CAPACITY.warmUpMs + CAPACITY.measuredMs + 2_000) / CAPACITY.pauseMs;
  for (let worker = 0; worker < WORKERS; worker += 1) {
    owned.use(
      await startPacedWorker(broker, tree, {
        pauseMs: CAPACITY.pauseMs,
        pieces,
        concurrency: Math.ceil(chats / WORKERS),
        where: worker === 0 ? 'measured' : 'driver',
      }),
    );
  }
  const watch = owned.use(await ChunkWatch.open(broker, { timed: true }));
  using publisher = await RawPublisher.connect(broker.url);
  requestChats(publisher, `capacity-${String(chats)}`, chats);
  await delay(CAPACITY.warmUpMs);
  watch.takeLatenessMs();
  await delay(CAPACITY.measuredMs);
  const latenessMs = watch.takeLatenessMs();
  return {
    chats,
    p99Ms: quantile(latenessMs, 0.99),
    perSecond: (latenessMs.length / CAPACITY.measuredMs) * 1_000,
  };
}

async function measureCapacity({ trees }: Bench): Promise<Samples> {
  const notes: string[] = [];
  const ours: number[][] = [];
  for (const tree of trees) {
    let most = 0;
    for (const chats of CHATS_TRIED) {
      const { p99Ms, perSecond } = await lateness(tree, chats);
      notes.push(`${String(chats)} chats: p99 ${p99Ms.toFixed(0)} ms at ${perSecond.toFixed(0)} chunks/s`);
      if (p99Ms > CAPACITY.lateMs) break;
      most = chats;
    }
    ours.push([most]);
  }
  return { reference: [], ours, note: notes.join('; ') };
}

/** What a stored chunk costs the worker, and how many chats two of them keep up with. */
export const workers: readonly Experiment[] = [
  {
    figures: [
      {
        name: 'worker-cpu',
        what: 'worker CPU per stored chunk, 64 chats of 100 pieces a second',
        unit: 'µs',
        reference: 'one js.publish with message id and expected sequence',
        bar: { of: 'ratio', limit: 1.2 },
      },
    ],
    measure: async (bench) => ({ 'worker-cpu': await measureCost(bench) }),
  },
  {
    figures: [
      {
        name: 'worker-chats',
        what: 'chats of 50 tokens a second on two workers, no chunk later than 100 ms at p99',
        unit: 'chats',
        bar: { of: 'value', is: 'at least', limit: 1_000 },
      },
    ],
    measure: async (bench) => ({ 'worker-chats': await measureCapacity(bench) }),
  },
];
