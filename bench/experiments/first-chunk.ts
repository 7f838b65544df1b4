import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { median, type Bench, type Experiment } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { startBareRequest, startBroker, startGateway, startWorker } from '../servers.ts';

const QUESTIONS_PER_ROUND = 150;
const WARM_UP = 50;
const FRAME = z.object({ type: z.string() });

/** What the durable queue, the log and the fence cost who waits for an answer. */
export const firstChunk: Experiment = {
  figures: [
    {
      name: 'first-chunk',
      what: 'question to first chunk with an agent that answers at once, median',
      unit: 'ms',
      reference: 'core request and reply through as many processes',
      bar: { of: 'ratio', limit: 2.5 },
    },
  ],
  measure: async ({ trees, rounds, share }: Bench) => {
    await using servers = new DisposalStack();
    const askers: Asker[] = [];
    const bareBroker = servers.use(await startBroker());
    servers.use(await startBareRequest(bareBroker, 'worker'));
    const bare = servers.use(await startBareRequest(bareBroker, 'gateway'));
    askers.push(servers.use(await Asker.open(bare.port, 'chat')));
    for (const tree of trees) {
      // Its own broker, so that no tree's worker takes another's questions.
      const broker = servers.use(await startBroker());
      const env = { RATE_LIMIT_PER_SECOND: '100000' };
      const gateway = servers.use(await startGateway(broker, tree, { env }));
      servers.use(await startWorker(broker, tree));
      askers.push(servers.use(await Asker.open(gateway.port, 'chat_complete')));
    }
    const samples = askers.map((): number[] => []);
    for (let question = 0; question < WARM_UP; question += 1) for (const asker of askers) await asker.askMs();
    for (let round = 0; round < rounds; round += 1) {
      const latencies = askers.map((): number[] => []);
      // One question to each in turn: whatever holds the machine up for a while meets all of them.
      for (let question = 0; question < QUESTIONS_PER_ROUND * share; question += 1) {
        for (const [index, asker] of askers.entries()) latencies[index]?.push(await asker.askMs());
      }
      for (const [index, ofAsker] of latencies.entries()) samples[index]?.push(median(ofAsker));
    }
    const [reference = [], ...ours] = samples;
    return { 'first-chunk': { reference, ours } };
  },
};

/** A client that asks one question after the other. */
class Asker implements Disposable {
  readonly #socket: WebSocket;
  /** With this frame an answer is over. */
  readonly #last: string;
  #onFrame: (type: string) => void = () => undefined;

  private constructor(socket: WebSocket, last: string) {
    this.#socket = socket;
    this.#last = last;
    socket.on('message', (bytes: Buffer) => {
      this.#onFrame(FRAME.parse(JSON.parse(bytes.toString())).type);
    });
  }

  static async open(port: number, last: string): Promise<Asker> {
    const url = `ws://127.0.0.1:${String(port)}/ws/chat/q${String(Date.now())}`;
    const socket = new WebSocket(url, 'cidadao.v1', { perMessageDeflate: false });
    await once(socket, 'message');
    return new Asker(socket, last);
  }

  /** Until the first piece of the answer; resolves when the answer is whole. */
  askMs(): Promise<number> {
    return new Promise((resolve, reject) => {
      const askedAt = performance.now();
      let firstMs: number | undefined;
      this.#onFrame = (type) => {
        if (type === 'error') reject(new Error('a question was not answered'));
        if (type === 'chat') firstMs ??= performance.now() - askedAt;
        if (type === this.#last && firstMs !== undefined) resolve(firstMs);
      };
      this.#socket.send('{"type":"chat","data":{"message":"Olá"}}');
    });
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
