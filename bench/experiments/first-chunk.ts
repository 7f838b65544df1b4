import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { median, type Bench, type Experiment } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { startBareRequest, startBroker, startGateway, startWorker } from '../servers.ts';

const QUESTIONS_PER_ROUND = 150;
/** A process that has answered fewer runs code that is not compiled yet. */
const WARM_UP = 600;
/** A long conversation: its session's record lists every question, and is written with each. */
const QUESTIONS_PER_SESSION = 20;
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
    askers.push(servers.use(new Asker(bare.port, 'chat')));
    for (const tree of trees) {
      // Its own broker, so that no tree's worker takes another's questions.
      const broker = servers.use(await startBroker());
      const env = { RATE_LIMIT_PER_SECOND: '100000' };
      const gateway = servers.use(await startGateway(broker, tree, { env }));
      servers.use(await startWorker(broker, tree));
      askers.push(servers.use(new Asker(gateway.port, 'chat_complete')));
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

/** A client that asks one question after the other, in a new session now and then. */
class Asker implements Disposable {
  readonly #port: number;
  /** With this frame an answer is over. */
  readonly #last: string;
  #socket: WebSocket | undefined;
  #asked = 0;
  #onFrame: (type: string) => void = () => undefined;

  constructor(port: number, last: string) {
    this.#port = port;
    this.#last = last;
  }

  /** Until the first piece of the answer; resolves when the answer is whole. */
  async askMs(): Promise<number> {
    if (this.#asked % QUESTIONS_PER_SESSION === 0) await this.#open();
    this.#asked += 1;
    return new Promise((resolve, reject) => {
      const askedAt = performance.now();
      let firstMs: number | undefined;
      this.#onFrame = (type) => {
        if (type === 'error') reject(new Error('a question was not answered'));
        if (type === 'chat') firstMs ??= performance.now() - askedAt;
        if (type === this.#last && firstMs !== undefined) resolve(firstMs);
      };
      this.#socket?.send('{"type":"chat","data":{"message":"Olá"}}');
    });
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    this.#socket?.terminate();
    const url = `ws://127.0.0.1:${String(this.#port)}/ws/chat/q${String(this.#asked)}`;
    const socket = new WebSocket(url, 'cidadao.v1', { perMessageDeflate: false });
    await once(socket, 'message');
    socket.on('message', (bytes: Buffer) => {
      this.#onFrame(FRAME.parse(JSON.parse(bytes.toString())).type);
    });
    this.#socket = socket;
  }
}
