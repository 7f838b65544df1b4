import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChunkLoad, type ChunkLoad } from './chunk-load.ts';
import { startBarePipe, startBroker, startGateway, type Broker, type MeasuredServer } from './servers.ts';

interface Row {
  readonly name: string;
  readonly load: ChunkLoad;
  readonly reference: 'send' | 'gather';
  /** The most the gateway may cost, as a ratio to the reference in the same run. */
  readonly bar: number;
}

const ROWS: readonly Row[] = [
  {
    name: 'chunk-alone',
    load: { sessions: 100, window: 1, deliveries: 60_000 },
    reference: 'send',
    bar: 1.15,
  },
  {
    name: 'chunk-100',
    load: { sessions: 100, window: 20, deliveries: 200_000 },
    reference: 'gather',
    bar: 1.4,
  },
  {
    name: 'chunk-1000',
    load: { sessions: 1_000, window: 4, deliveries: 200_000 },
    reference: 'gather',
    bar: 1.3,
  },
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '3' }, dist: { type: 'string' } },
});
const dist = values.dist ?? fileURLToPath(new URL('..', import.meta.url));

console.log('row           reference µs   gateway µs   ratio   bar    driver   verdict');
let failed = false;
for (const row of ROWS) {
  if (values.only !== undefined && values.only !== row.name) continue;
  await using broker = await startBroker();
  // The gateway first: it makes the streams that republish.
  await using gateway = await startGateway(broker, dist);
  await using pipe = await startBarePipe(broker, row.reference);
  const costs = { pipe: [] as number[], gateway: [] as number[], driver: [] as number[] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    costs.pipe.push(await cost(broker, pipe, row, costs.driver));
    costs.gateway.push(await cost(broker, gateway, row, costs.driver));
  }
  const reference = median(costs.pipe);
  const ours = median(costs.gateway);
  const ratio = ours / reference;
  failed ||= ratio > row.bar;
  console.log(
    [
      row.name.padEnd(14),
      `${reference.toFixed(2)} ${spread(costs.pipe)}`.padEnd(22),
      `${ours.toFixed(2)} ${spread(costs.gateway)}`.padEnd(22),
      ratio.toFixed(2).padEnd(7),
      row.bar.toFixed(2).padEnd(7),
      `${(100 * Math.max(...costs.driver)).toFixed(0)}%`.padEnd(8),
      ratio > row.bar ? 'FAIL' : 'pass',
    ].join(''),
  );
}
process.exit(failed ? 1 : 0);

async function cost(
  broker: Broker,
  server: MeasuredServer,
  { load }: Row,
  driver: number[],
): Promise<number> {
  const { cpuUs, driverLoad } = await runChunkLoad(broker, server, load);
  driver.push(driverLoad);
  return cpuUs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
  return `[${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)}]`;
}
