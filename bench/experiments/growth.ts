import { runChunkLoad, type ChunkCost } from '../chunk-load.ts';
import { interleave, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { startBroker, startGateway } from '../servers.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const FEW = 100;
const MANY = 10_000;
/** One chunk in flight a session in both, or the few would only gather more. */
const LOAD = { window: 1, deliveries: 60_000 };

async function measure({ trees, rounds, share }: Bench): Promise<Readonly<Record<string, Samples>>> {
  await using servers = new DisposalStack();
  const broker = servers.use(await startBroker());
  const gateways = [];
  for (const tree of trees) gateways.push(servers.use(await startGateway(broker, tree)));
  const load = { ...LOAD, deliveries: LOAD.deliveries * share };
  const [first] = gateways;
  if (first === undefined) throw new Error('no tree to measure');
  const [ofFew = [], ...ofMany] = await interleave<ChunkCost>(rounds, [
    () => runChunkLoad(broker, first, { ...load, sessions: FEW }),
    ...gateways.map((gateway) => () => runChunkLoad(broker, gateway, { ...load, sessions: MANY })),
  ]);
  const cpuUs = (costs: readonly ChunkCost[]): readonly number[] => costs.map((cost) => cost.cpuUs);
  return {
    'growth-cpu': {
      reference: cpuUs(ofFew),
      ours: ofMany.map(cpuUs),
      driverLoad: Math.max(...[ofFew, ...ofMany].flat().map((cost) => cost.driverLoad)),
    },
  };
}

/** Whether a session costs more where there are a hundred times as many. */
export const growth: Experiment = {
  figures: [
    {
      name: 'growth-cpu',
      what: 'gateway CPU per chunk, 10,000 sessions with one in flight each',
      unit: 'µs',
      reference: 'the same, 100 sessions',
      bar: { of: 'ratio', limit: 2.5 },
    },
  ],
  measure,
};
