import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runChunkLoad } from '../chunk-load.ts';
import type { Bench, Experiment, Samples } from '../experiment.ts';
import { openSockets } from '../open-sockets.ts';
import { cpuOf } from '../process-cpu.ts';
import { RawSocket } from '../raw-socket.ts';
import { startBroker, startGateway, startOriginal, type MeasuredServer } from '../servers.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const SESSIONS = 100;
const CHUNKS_EACH = 400;
/** Besides its chunks an answer has the typing sign and its end. */
const FRAMES_EACH = CHUNKS_EACH + 2;
const WARM_UP = 500;
const CONNECTIONS = 3_000;
const SETTLE_MS = 1_000;
const KIB_PER_PAGE = 4;

type Server = Pick<MeasuredServer, 'port' | 'pid'>;

interface Costs {
  readonly chunkUs: number;
  readonly acceptUs: number;
  readonly connectionKib: number;
}

/** Pages in memory, of which a gateway and a Python tell nothing else that is comparable. */
function residentKib(pid: number): number {
  return Number(readFileSync(`/proc/${String(pid)}/statm`, 'latin1').split(' ')[1]) * KIB_PER_PAGE;
}

async function connectionCosts(server: Server): Promise<Omit<Costs, 'chunkUs'>> {
  const run = `o${String(Date.now())}`;
  const open = (index: number): Promise<RawSocket> =>
    RawSocket.open(server.port, `/ws/chat/${run}-${String(index)}`, () => undefined);
  const numbers = Array.from({ length: WARM_UP + CONNECTIONS }, (_, index) => index);
  const sockets = await openSockets(numbers.slice(0, WARM_UP), open);
  await delay(SETTLE_MS);
  const before = { cpu: cpuOf(server.pid), kib: residentKib(server.pid) };
  sockets.push(...(await openSockets(numbers.slice(WARM_UP), open)));
  const acceptUs = (cpuOf(server.pid) - before.cpu) / CONNECTIONS;
  await delay(SETTLE_MS);
  const connectionKib = (residentKib(server.pid) - before.kib) / CONNECTIONS;
  for (const socket of sockets) socket[Symbol.dispose]();
  await delay(SETTLE_MS);
  return { acceptUs, connectionKib };
}

/** Each session asks once for a long answer, which the original makes itself. */
async function originalChunkUs(server: Server): Promise<number> {
  const run = `a${String(Date.now())}`;
  let left = SESSIONS * FRAMES_EACH;
  let onAll: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const sockets = await openSockets(Array.from({ length: SESSIONS }).keys(), (index) =>
    RawSocket.open(server.port, `/ws/chat/${run}-${String(index)}`, () => {
      left -= 1;
      if (left === 0) onAll();
    }),
  );
  const before = cpuOf(server.pid);
  for (const socket of sockets) socket.send(`{"type":"chat","data":{"message":"${String(CHUNKS_EACH)}"}}`);
  await all;
  const chunkUs = (cpuOf(server.pid) - before) / (SESSIONS * FRAMES_EACH);
  for (const socket of sockets) socket[Symbol.dispose]();
  return chunkUs;
}

async function measure(
  file: string,
  python: string,
  { trees: [tree = ''], rounds }: Bench,
): Promise<Readonly<Record<string, Samples>>> {
  const original: Costs[] = [];
  const ours: Costs[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using owned = new DisposalStack();
    const seed = owned.use(await startOriginal(file, python));
    await originalChunkUs(seed); // Until it is warm.
    original.push({ chunkUs: await originalChunkUs(seed), ...(await connectionCosts(seed)) });
    const broker = owned.use(await startBroker());
    const gateway = owned.use(await startGateway(broker, tree));
    const load = { sessions: SESSIONS, window: 20, deliveries: 100_000 };
    const { cpuUs } = await runChunkLoad(broker, gateway, load);
    ours.push({ chunkUs: cpuUs, ...(await connectionCosts(gateway)) });
  }
  const samples = (of: (costs: Costs) => number): Samples => ({
    reference: original.map(of),
    ours: [ours.map(of)],
  });
  return {
    'original-chunk': samples(({ chunkUs }) => chunkUs),
    'original-accept': samples(({ acceptUs }) => acceptUs),
    'original-memory': samples(({ connectionKib }) => connectionKib),
  };
}

/** What this replaces, with the same client. Its logging is off and its answers cost nothing, which flatters it. */
export function original(file: string, python: string): Experiment {
  const reference = 'the original';
  return {
    figures: [
      {
        name: 'original-chunk',
        what: 'CPU per chunk, 100 sessions saturated',
        unit: 'µs',
        reference,
        bar: { of: 'ratio', limit: 1 },
      },
      {
        name: 'original-accept',
        what: 'CPU per accepted connection, no token',
        unit: 'µs',
        reference,
        bar: { of: 'ratio', limit: 1 },
      },
      {
        name: 'original-memory',
        what: 'resident memory per idle connection',
        unit: 'KiB',
        reference,
        bar: { of: 'ratio', limit: 1 },
      },
    ],
    measure: (bench) => measure(file, python, bench),
  };
}
