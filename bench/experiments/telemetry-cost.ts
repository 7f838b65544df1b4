import { join } from 'node:path';
import { runChunkLoad, type ChunkCost, type ChunkLoad } from '../chunk-load.ts';
import type { Bench, Experiment, Samples } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { OtlpSink } from '../otlp-sink.ts';
import { startBroker, startGateway, type MeasuredServer } from '../servers.ts';
import { TracedChats } from '../traffic.ts';

/** 3 % is less than what two processes of the same build differ by, for as long as they live: several are compared. */
const PAIRS_PER_ROUND = 2;
/** Of each pair: exports come every few seconds, and each sample is to have its share of them. */
const MEASUREMENTS_PER_PAIR = 5;

const SESSIONS = 100;
/** In each measurement every session ends a chat, which is when its span is exported. */
const LEAST_DELIVERIES = 60_000;

function load(chunksPerChat: number): ChunkLoad {
  return {
    sessions: SESSIONS,
    window: 20,
    deliveries: Math.max(LEAST_DELIVERIES, 1.1 * SESSIONS * chunksPerChat),
    traffic: (sessionId) => new TracedChats(sessionId, chunksPerChat),
  };
}

/** What observing costs: traces of every chat and metrics, exported to a collector, against neither. */
function telemetryCost(name: string, what: string, chunksPerChat: number, limit: number): Experiment {
  return {
    figures: [
      {
        name,
        what: `gateway CPU per chunk with traces of every chat and metrics exported, ${what}`,
        unit: 'µs',
        reference: 'the same gateway without OTEL_*',
        bar: { of: 'ratio', limit },
      },
    ],
    measure: async (bench) => ({ [name]: await measure(load(chunksPerChat), bench) }),
  };
}

/** A chat has a span here, and its chunks have none: in long answers the path of a chunk is seen alone. */
export const telemetryCosts: readonly Experiment[] = [
  telemetryCost('telemetry', 'chats of 1,000 chunks', 1_000, 1.03),
  telemetryCost('telemetry-chats', 'chats of 100 chunks', 100, 1.2),
];

async function measure(chunkLoad: ChunkLoad, { trees, rounds }: Bench): Promise<Samples> {
  await using servers = new DisposalStack();
  const broker = servers.use(await startBroker());
  const sink = servers.use(await OtlpSink.listen());
  const [thisTree = ''] = trees;
  const variants = [{ tree: thisTree, env: {} }, ...trees.map((tree) => ({ tree, env: exportingTo(sink) }))];
  const cpuUs = variants.map((): number[] => []);
  let driverLoad = 0;
  const pairs = rounds * PAIRS_PER_ROUND;
  for (let pair = 0; pair < pairs; pair += 1) {
    await using processes = new DisposalStack();
    const gateways: MeasuredServer[] = [];
    for (const { tree, env } of variants) {
      const preload = join(tree, 'shared', 'telemetry', 'start.js');
      gateways.push(processes.use(await startGateway(broker, tree, { preload, env })));
    }
    // At the same time, on the same processor: what the machine does to one it does to the other.
    const loadAll = (): Promise<readonly ChunkCost[]> =>
      Promise.all(gateways.map((gateway) => runChunkLoad(broker, gateway, chunkLoad)));
    // The first is for the compiler.
    await loadAll();
    const totals = variants.map(() => 0);
    for (let count = 0; count < MEASUREMENTS_PER_PAIR; count += 1) {
      for (const [index, cost] of (await loadAll()).entries()) {
        totals[index] = (totals[index] ?? 0) + cost.cpuUs;
        driverLoad = Math.max(driverLoad, cost.driverLoad);
      }
    }
    for (const [index, total] of totals.entries()) cpuUs[index]?.push(total / MEASUREMENTS_PER_PAIR);
  }
  const [off = [], ...on] = cpuUs;
  return {
    reference: off,
    ours: on,
    paired: true,
    driverLoad,
    note: noteOn(sink, pairs),
  };
}

function exportingTo(sink: OtlpSink): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_LOGS_EXPORTER: 'none',
    // Six times as often as by default, so that each sample has its share of it.
    OTEL_METRIC_EXPORT_INTERVAL: '10000',
  };
}

function noteOn(sink: OtlpSink, pairs: number): string {
  const [traces, metrics] = [sink.received('traces'), sink.received('metrics')];
  if (traces === 0 || metrics === 0) throw new Error('nothing was exported, so nothing was measured');
  return (
    `the median of ${String(pairs)} pairs of processes; ` +
    `${String(traces)} exports of traces, ${String(metrics)} of metrics`
  );
}
