import { setTimeout as delay } from 'node:timers/promises';
import { quantile, type Bench, type Experiment } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { RawPublisher } from '../raw-publisher.ts';
import { RawSocket } from '../raw-socket.ts';
import { startBarePipe, startBroker, startGateway, type Broker, type MeasuredServer } from '../servers.ts';
import { Chunks } from '../traffic.ts';

const SOCKETS = 20;
const CHUNKS_PER_ROUND = 1_000;
/** Between two chunks: about what a model takes for a token of one of a few dozen answers. */
const PAUSE_MS = 1;

/** From the worker's publish, through the broker that stores it, to the client's socket. */
export const chunkLatency: Experiment = {
  figures: [
    {
      name: 'latency-p50',
      what: 'a chunk from worker to client at low load, median',
      unit: 'ms',
      reference: 'bare pipe on the republished subject',
      bar: { of: 'ratio', limit: 1.15 },
    },
    {
      name: 'latency-p99',
      what: 'the same, one in a hundred',
      unit: 'ms',
      reference: 'bare pipe on the republished subject',
      bar: { of: 'ratio', limit: 1.5 },
    },
  ],
  measure: async ({ trees, rounds, share }: Bench) => {
    await using servers = new DisposalStack();
    const broker = servers.use(await startBroker());
    const measured: MeasuredServer[] = [];
    // The gateways first: they make the streams that republish.
    for (const tree of trees) measured.push(servers.use(await startGateway(broker, tree)));
    measured.unshift(servers.use(await startBarePipe(broker, 'send')));
    const lines: Line[] = [];
    for (const server of measured) lines.push(servers.use(await Line.open(broker, server)));
    const p50 = lines.map((): number[] => []);
    const p99 = lines.map((): number[] => []);
    await sample(lines, CHUNKS_PER_ROUND / 5); // Until the compiler has seen it all.
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, latencies] of (await sample(lines, CHUNKS_PER_ROUND * share)).entries()) {
        p50[index]?.push(quantile(latencies, 0.5));
        p99[index]?.push(quantile(latencies, 0.99));
      }
    }
    const [pipe50 = [], ...gateway50] = p50;
    const [pipe99 = [], ...gateway99] = p99;
    return {
      'latency-p50': { reference: pipe50, ours: gateway50 },
      'latency-p99': { reference: pipe99, ours: gateway99 },
    };
  },
};

/** One chunk through each in turn: whatever holds the machine up for a while meets all of them. */
async function sample(lines: readonly Line[], count: number): Promise<readonly (readonly number[])[]> {
  const latencies = lines.map((): number[] => []);
  for (let chunk = 0; chunk < count; chunk += 1) {
    for (const [index, line] of lines.entries()) {
      await delay(PAUSE_MS);
      latencies[index]?.push(await line.chunkMs(chunk % SOCKETS));
    }
  }
  return latencies;
}

/** From the publisher through one server to its sockets. */
class Line implements Disposable {
  readonly #publisher: RawPublisher;
  readonly #blocks: readonly Buffer[];
  #sockets: readonly RawSocket[] = [];
  #arrived: () => void = () => undefined;

  private constructor(publisher: RawPublisher, blocks: readonly Buffer[]) {
    this.#publisher = publisher;
    this.#blocks = blocks;
  }

  static async open(broker: Broker, server: MeasuredServer): Promise<Line> {
    const run = `l${String(server.pid)}`;
    const ids = Array.from({ length: SOCKETS }, (_, index) => `${run}-${String(index)}`);
    const line: Line = new Line(
      await RawPublisher.connect(broker.url),
      ids.map((id) => new Chunks(id).next()),
    );
    line.#sockets = await Promise.all(
      ids.map((id) => RawSocket.open(server.port, `/ws/chat/${id}`, () => line.#arrived())),
    );
    return line;
  }

  chunkMs(socket: number): Promise<number> {
    return new Promise((resolve) => {
      const publishedAt = performance.now();
      this.#arrived = () => resolve(performance.now() - publishedAt);
      this.#publisher.publishAtOnce(this.#blocks[socket] ?? Buffer.alloc(0));
    });
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
    this.#publisher[Symbol.dispose]();
  }
}
