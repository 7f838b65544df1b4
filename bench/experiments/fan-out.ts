import { interleave, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { Audience, type FanOutCost } from '../fan-out-load.ts';
import { startBareFanOut, startBroker, startGateway, type MeasuredServer } from '../servers.ts';

const SOCKETS = 1_000;
const ISOLATED = { inFlight: 1, notifications: 60 };
const SUSTAINED = { inFlight: 6, notifications: 180 };

interface FanOutCosts {
  readonly isolated: FanOutCost;
  readonly sustained: FanOutCost;
}

/** One notification to many sockets: what each delivery costs. */
export const fanOut: Experiment = {
  figures: [
    {
      name: 'fan-out-isolated',
      what: 'gateway CPU per delivery of one notification to 1,000 sockets, one at a time',
      unit: 'µs',
      reference: 'bare app.publish',
      bar: { of: 'ratio', limit: 1.1 },
    },
    {
      name: 'fan-out-sustained',
      what: 'the same, six in flight',
      unit: 'µs',
      reference: 'bare app.publish',
      bar: { of: 'ratio', limit: 1.2 },
    },
  ],
  guards: true,
  measure: async ({ trees, rounds, share }: Bench) => {
    await using servers = new DisposalStack();
    const broker = servers.use(await startBroker());
    const gateways: MeasuredServer[] = [];
    // The gateway first: it makes the streams that republish.
    for (const tree of trees) gateways.push(servers.use(await startGateway(broker, tree, QUIET)));
    const bare = servers.use(await startBareFanOut(broker));
    const costs = await interleave(
      rounds,
      [bare, ...gateways].map((server) => async (): Promise<FanOutCosts> => {
        using audience = await Audience.open(broker, server, SOCKETS);
        return {
          isolated: await audience.cost(ISOLATED.inFlight, Math.ceil(ISOLATED.notifications * share)),
          sustained: await audience.cost(SUSTAINED.inFlight, Math.ceil(SUSTAINED.notifications * share)),
        };
      }),
    );
    return {
      'fan-out-isolated': samplesOf(costs.map((ofServer) => ofServer.map(({ isolated }) => isolated))),
      'fan-out-sustained': samplesOf(costs.map((ofServer) => ofServer.map(({ sustained }) => sustained))),
    };
  },
};

/** A heartbeat would be counted as a delivery. */
const QUIET = { env: { HEARTBEAT_INTERVAL_MS: '3600000' } };

function samplesOf([ofBare = [], ...ofGateways]: readonly (readonly FanOutCost[])[]): Samples {
  const cpuUs = (costs: readonly FanOutCost[]): readonly number[] => costs.map((cost) => cost.cpuUs);
  return {
    reference: cpuUs(ofBare),
    ours: ofGateways.map(cpuUs),
    driverLoad: Math.max(...[ofBare, ...ofGateways].flat().map((cost) => cost.driverLoad)),
  };
}
