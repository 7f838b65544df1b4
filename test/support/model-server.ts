import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  refused,
  streamed,
  type ErrorReply,
  type Oddities,
  type PlainReply,
  type RawReply,
} from './model-replies.ts';
import { SeededRandom } from './seeded-random.ts';

const message = z.looseObject({
  role: z.string(),
  content: z.string().nullish(),
  tool_calls: z
    .array(z.looseObject({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
    .nullish(),
  tool_call_id: z.string().nullish(),
});
export const modelRequestBody = z.looseObject({
  model: z.string(),
  messages: z.array(message),
  stream: z.boolean(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).optional(),
});

export type ModelRequestBody = z.infer<typeof modelRequestBody>;

/** One request, as the server got it. */
export interface ModelRequest {
  readonly body: ModelRequestBody;
  readonly headers: IncomingMessage['headers'];
  readonly arrivedMs: number;
  /** Resolves when the connection is gone, or the answer was given in full. */
  readonly over: Promise<'answered' | 'cut_by_client'>;
}

export type Reply = PlainReply | ErrorReply | RawReply;
/** What is answered, perhaps depending on what is asked. */
export type Answering = Reply | ((request: ModelRequestBody) => Reply);

/** What the suite for model servers needs of one. */
export interface PlannedModelServer extends AsyncDisposable {
  /** With the version, as `OPENAI_BASE_URL` has it. */
  readonly baseUrl: string;
  /** What a question that holds this text is answered: each in its turn, the last one for ever. */
  plan(question: string, ...replies: readonly (PlainReply | ErrorReply)[]): void;
  /** The requests about such a question so far. */
  askedAbout(question: string): readonly ModelRequestBody[];
}

/**
 * A model server that speaks the streaming API over real HTTP and does what a test tells it to. How it cuts
 * texts into pieces and bytes into packets comes from its seed.
 */
export class ModelServer implements PlannedModelServer {
  readonly requests: ModelRequest[] = [];
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #plans: { question: string; replies: Answering[]; oddities: Oddities }[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();

  private constructor(server: Server, seed: number) {
    this.#server = server;
    this.#random = new SeededRandom(seed);
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(seed = 1): Promise<ModelServer> {
    const server = createServer();
    const started = new ModelServer(server, seed);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return started;
  }

  get baseUrl(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the model server is closed');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  plan(question: string, ...replies: readonly Answering[]): void {
    this.#plans.unshift({ question, replies: [...replies], oddities: {} });
  }

  /** The same, from a server that is odd in these ways. */
  planOddly(question: string, oddities: Oddities, ...replies: readonly Answering[]): void {
    this.#plans.unshift({ question, replies: [...replies], oddities });
  }

  askedAbout(question: string): readonly ModelRequestBody[] {
    return this.requests
      .map((request) => request.body)
      .filter((asked) => questionOf(asked).includes(question));
  }

  /** Resolves as soon as so many requests came. */
  async requested(count: number): Promise<ModelRequest> {
    for (;;) {
      const request = this.requests[count - 1];
      if (request !== undefined) return request;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = modelRequestBody.parse(JSON.parse(await textOf(request)));
    const over = new Promise<'answered' | 'cut_by_client'>((resolve) => {
      response.on('close', () => resolve(response.writableFinished ? 'answered' : 'cut_by_client'));
    });
    this.requests.push({ body: asked, headers: request.headers, arrivedMs: performance.now(), over });
    for (const wake of this.#waiting.splice(0)) wake();
    await this.#send(this.#replyTo(asked), response);
  }

  #replyTo(asked: ModelRequestBody): RawReply {
    const plan = this.#plans.find(({ question }) => questionOf(asked).includes(question));
    if (plan === undefined) return streamed({ text: questionOf(asked) }, {}, this.#random);
    const next = plan.replies.length > 1 ? plan.replies.shift() : plan.replies[0];
    const reply = typeof next === 'function' ? next(asked) : next;
    if (reply === undefined) throw new Error(`nothing is planned for ${plan.question}`);
    if ('steps' in reply) return reply;
    return 'status' in reply ? refused(reply) : streamed(reply, plan.oddities, this.#random);
  }

  async #send({ status, headers, steps }: RawReply, response: ServerResponse): Promise<void> {
    response.writeHead(status, headers);
    response.flushHeaders();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const over = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      for (const step of steps) {
        if (response.destroyed) return;
        if ('cut' in step) {
          response.destroy();
          return;
        }
        if ('waitMs' in step) await delay(Math.min(step.waitMs, 2 ** 30), undefined, { signal: over });
        else await this.#writeInPackets(step.write, response);
      }
      response.end();
    } catch {
      response.destroy(); // The server closes, or the client has gone.
    }
  }

  /** Packets end anywhere, also inside a character. */
  async #writeInPackets(text: string, response: ServerResponse): Promise<void> {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length;) {
      const end = this.#random.chance(0.3) ? start + this.#random.integer(1, 40) : bytes.length;
      response.write(bytes.subarray(start, end));
      start = end;
      if (start < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** What the user asked last. */
function questionOf({ messages }: Pick<ModelRequestBody, 'messages'>): string {
  return messages.findLast(({ role }) => role === 'user')?.content ?? '';
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(z.instanceof(Buffer).parse(part));
  return Buffer.concat(parts).toString();
}
