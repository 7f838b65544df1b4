import { setTimeout as delay } from 'node:timers/promises';
import { interleave, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { openSockets } from '../open-sockets.ts';
import { cpuOf } from '../process-cpu.ts';
import { RawSocket } from '../raw-socket.ts';
import {
  ANSWER_MEMORY,
  memoryOf,
  startBarePipe,
  startBroker,
  startGateway,
  type Broker,
  type MeasuredServer,
} from '../servers.ts';
import { TOKEN_SECRET, tokenFor } from '../token.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const FEW = 1_000;
const MANY = 10_000;
const MOST = 15_000;
/** What a welcome leaves to be done, presence above all. */
const SETTLE_MS = 1_000;
const BYTES_PER_KIB = 1_024;

interface ConnectionCost {
  readonly cpuUs: number;
  /** Per connection, from few to many. */
  readonly kib: number;
  /** The same from many to most, where so many were asked for. */
  readonly kibOfFurther: number;
  readonly driverLoad: number;
}

/** Opens connections in two or three steps and weighs the server after each. */
async function weigh(
  broker: Broker,
  start: () => Promise<MeasuredServer>,
  most: number,
): Promise<ConnectionCost> {
  await using owned = new DisposalStack();
  const server = owned.use(await start());
  const sockets: RawSocket[] = [];
  const run = `c${String(Date.now())}`;
  const paths = Array.from({ length: most }, (_, index) => {
    const id = `${run}-${String(index)}`;
    return `/ws/chat/${id}?token=${tokenFor(`user-${id}`)}`;
  });
  const openUpTo = async (count: number): Promise<number> => {
    const open = (path: string): Promise<RawSocket> => RawSocket.open(server.port, path, () => undefined);
    sockets.push(...(await openSockets(paths.slice(sockets.length, count), open)));
    await delay(SETTLE_MS);
    return memoryOf(server);
  };
  owned.defer(() => {
    for (const socket of sockets) socket[Symbol.dispose]();
  });
  // The first ones also make the server warm: what the compiler keeps is not theirs.
  const few = await openUpTo(FEW);
  const before = {
    cpu: cpuOf(server.pid),
    driver: cpuOf(process.pid) + cpuOf(broker.pid),
    at: performance.now(),
  };
  const many = await openUpTo(MANY);
  const elapsedUs = (performance.now() - before.at - SETTLE_MS) * 1_000;
  const cpuUs = (cpuOf(server.pid) - before.cpu) / (MANY - FEW);
  const driverLoad = (cpuOf(process.pid) + cpuOf(broker.pid) - before.driver) / elapsedUs;
  const kibEach = (bytes: number, count: number): number => bytes / BYTES_PER_KIB / count;
  return {
    cpuUs,
    kib: kibEach(many - few, MANY - FEW),
    kibOfFurther: most > MANY ? kibEach((await openUpTo(most)) - many, most - MANY) : Number.NaN,
    driverLoad,
  };
}

async function measure({ trees, rounds }: Bench): Promise<Readonly<Record<string, Samples>>> {
  await using owned = new DisposalStack();
  const broker = owned.use(await startBroker());
  const env = { AUTH_MODE: 'required', JWT_SECRET: TOKEN_SECRET };
  const [ofPipe = [], ...ofGateways] = await interleave<ConnectionCost>(rounds, [
    () => weigh(broker, () => startBarePipe(broker, 'send', { preload: ANSWER_MEMORY }), MANY),
    ...trees.map(
      (tree) => () => weigh(broker, () => startGateway(broker, tree, { preload: ANSWER_MEMORY, env }), MOST),
    ),
  ]);
  const driverLoad = Math.max(...[ofPipe, ...ofGateways].flat().map((cost) => cost.driverLoad));
  const samples = (of: (cost: ConnectionCost) => number): Samples => ({
    reference: ofPipe.map(of),
    ours: ofGateways.map((costs) => costs.map(of)),
    driverLoad,
  });
  return {
    'connection-memory': samples(({ kib }) => kib),
    'connection-cpu': samples(({ cpuUs }) => cpuUs),
    'growth-memory': {
      reference: ofGateways[0]?.map(({ kib }) => kib) ?? [],
      ours: ofGateways.map((costs) => costs.map(({ kibOfFurther }) => kibOfFurther)),
      driverLoad,
    },
  };
}

/** What an open socket costs the gateway: to let in, and to keep. */
export const connections: Experiment = {
  figures: [
    {
      name: 'connection-memory',
      what: 'gateway memory per idle connection with a token and a session of its own, 1,000 to 10,000',
      unit: 'KiB',
      reference: 'bare pipe, one subscription each',
      bar: { of: 'ratio', limit: 1.5 },
    },
    {
      name: 'connection-cpu',
      what: 'gateway CPU per accepted connection with a token',
      unit: 'µs',
      reference: 'bare pipe, accept and subscribe',
      bar: { of: 'ratio', limit: 2 },
    },
    {
      name: 'growth-memory',
      what: 'gateway memory per further connection, 10,000 to 15,000',
      unit: 'KiB',
      reference: 'the same, 1,000 to 10,000',
      bar: { of: 'ratio', limit: 1.2 },
    },
  ],
  measure,
};
