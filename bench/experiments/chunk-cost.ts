import { runChunkLoad, type ChunkCost, type ChunkLoad } from '../chunk-load.ts';
import { interleave, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { startBarePipe, startBroker, startGateway } from '../servers.ts';

interface ChunkCostSettings {
  readonly name: string;
  readonly what: string;
  readonly reference: 'send' | 'gather';
  readonly limit: number;
  readonly load: ChunkLoad;
}

const REFERENCES = { send: 'bare pipe, ws.send', gather: 'bare pipe, gathered per tick' } as const;

function chunkCost(settings: ChunkCostSettings): Experiment {
  return {
    figures: [
      {
        name: settings.name,
        what: settings.what,
        unit: 'µs',
        reference: REFERENCES[settings.reference],
        bar: { of: 'ratio', limit: settings.limit },
      },
    ],
    guards: true,
    measure: async (bench) => ({ [settings.name]: await measure(settings, bench) }),
  };
}

async function measure(
  { reference, load }: ChunkCostSettings,
  { trees, rounds, share }: Bench,
): Promise<Samples> {
  await using servers = new DisposalStack();
  const broker = servers.use(await startBroker());
  const gateways = [];
  // The gateway first: it makes the streams that republish.
  for (const tree of trees) gateways.push(servers.use(await startGateway(broker, tree)));
  const pipe = servers.use(await startBarePipe(broker, reference));
  const part = { ...load, deliveries: load.deliveries * share };
  const [ofPipe = [], ...ofGateways] = await interleave<ChunkCost>(
    rounds,
    [pipe, ...gateways].map((server) => () => runChunkLoad(broker, server, part)),
  );
  const cpuUs = (costs: readonly ChunkCost[]): readonly number[] => costs.map((cost) => cost.cpuUs);
  return {
    reference: cpuUs(ofPipe),
    ours: ofGateways.map(cpuUs),
    driverLoad: Math.max(...[ofPipe, ...ofGateways].flat().map((cost) => cost.driverLoad)),
  };
}

/** What a chunk costs the gateway, from alone on its socket to as many as the loop can gather. */
export const chunkCosts: readonly Experiment[] = [
  chunkCost({
    name: 'chunk-alone',
    what: 'gateway CPU per chunk, one chunk per socket per tick',
    reference: 'send',
    limit: 1.15,
    load: { sessions: 100, window: 1, deliveries: 60_000 },
  }),
  chunkCost({
    name: 'chunk-100',
    what: 'the same, 100 sessions saturated',
    reference: 'gather',
    limit: 1.4,
    load: { sessions: 100, window: 20, deliveries: 200_000 },
  }),
  chunkCost({
    name: 'chunk-1000',
    what: 'the same, 1,000 sessions saturated',
    reference: 'gather',
    limit: 1.3,
    load: { sessions: 1_000, window: 4, deliveries: 200_000 },
  }),
];
