import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from '../../chat-worker/agents/agent.ts';
import type { Worker } from '../../chat-worker/worker.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import type { SessionShards } from '../../shared/bus-protocol/session-shards.ts';
import type { Broker } from './broker.ts';
import { startBroker } from './start-broker.ts';
import { Publisher } from './publisher.ts';
import { SocketClient, type ConnectOptions } from './socket-client.ts';
import { startTestGateway, type TestGateway } from './start-gateway.ts';
import { startTestWorker } from './start-worker.ts';
import type { Overrides } from './test-environment.ts';
import { TEST_SHARDS } from './test-shards.ts';

/** A broker that lives answers sooner. */
const HANG_CHECK_MS = 100;

export interface SystemOptions {
  /** How many of each; one by default. */
  readonly gateways?: number;
  readonly workers?: number;
  /** Who answers; the built-in agent by default. */
  readonly agent?: Agent;
  /** Settings for every service. */
  readonly environment?: Overrides;
  /** In how many streams sessions are kept; one by default. */
  readonly shards?: SessionShards;
}

export interface SocketOptions extends ConnectOptions {
  /** Which gateway; the first by default. */
  readonly gateway?: number;
  /** Query parameters. */
  readonly since?: string;
  readonly token?: string;
}

/** A broker, gateways and workers, all in this process but the broker. */
export class System implements AsyncDisposable {
  readonly nats: Broker;
  readonly gateways: TestGateway[] = [];
  readonly workers: Worker[] = [];
  readonly publisher: Publisher;
  readonly #options: SystemOptions;
  readonly #owned: DisposalStack;

  private constructor(nats: Broker, publisher: Publisher, options: SystemOptions, owned: DisposalStack) {
    this.nats = nats;
    this.publisher = publisher;
    this.#options = options;
    this.#owned = owned;
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const owned = new DisposalStack();
    try {
      const { shards = TEST_SHARDS } = options;
      const nats = owned.use(await startBroker(shards));
      const publisher = owned.use(await Publisher.connect(nats.url, shards));
      const environment = { STREAM_SHARDS: String(shards.count), ...options.environment };
      const system = new System(nats, publisher, { ...options, environment }, owned);
      const { gateways = 1, workers = 1 } = options;
      for (let count = 0; count < gateways; count += 1) await system.addGateway();
      for (let count = 0; count < workers; count += 1) await system.addWorker();
      return system;
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One more gateway, perhaps with settings of its own. */
  async addGateway(overrides: Overrides = {}): Promise<TestGateway> {
    const environment = { ...this.#options.environment, ...overrides };
    const gateway = this.#owned.use(await startTestGateway(this.nats.url, environment));
    this.gateways.push(gateway);
    return gateway;
  }

  /** One more worker, perhaps with an agent of its own. */
  async addWorker(agent = this.#options.agent, overrides: Overrides = {}): Promise<Worker> {
    const environment = { ...this.#options.environment, ...overrides };
    const worker = this.#owned.use(
      await startTestWorker(this.nats.url, {
        overrides: environment,
        ...(agent === undefined ? {} : { agent }),
      }),
    );
    this.workers.push(worker);
    return worker;
  }

  /** The address of a path on a gateway, with the query parameters that are given. */
  url(path: string, { gateway = 0, since, token }: SocketOptions = {}): string {
    const query = new URLSearchParams();
    if (token !== undefined) query.set('token', token);
    if (since !== undefined) query.set('since', since);
    const text = query.size === 0 ? '' : `?${query.toString()}`;
    return `${this.#gateway(gateway).url}${path}${text}`;
  }

  connect(path: string, options: SocketOptions = {}): Promise<SocketClient> {
    return SocketClient.connect(this.url(path, options), options);
  }

  /** A chat socket whose welcome has come and was taken: it is `frames[0]`. */
  async openChat(sessionId: string, options: SocketOptions = {}): Promise<SocketClient> {
    return this.#welcomed(`/api/v1/ws/chat/${sessionId}`, options);
  }

  /** An investigation socket whose welcome has come and was taken: it is `frames[0]`. */
  async openInvestigation(investigationId: string, options: SocketOptions = {}): Promise<SocketClient> {
    return this.#welcomed(`/api/v1/ws/investigations/${investigationId}`, options);
  }

  /** Stops the broker as on a machine that hangs, until `nats.resume()`. Resolves when nothing answers. */
  async hangBroker(): Promise<void> {
    this.nats.pause();
    // The signal takes a moment to reach every thread.
    while (await Promise.race([this.publisher.flush().then(() => true), delay(HANG_CHECK_MS, false)]))
      continue;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned[Symbol.asyncDispose]();
  }

  async #welcomed(path: string, options: SocketOptions): Promise<SocketClient> {
    const socket = await this.connect(path, options);
    try {
      await socket.next('connection');
    } catch (error) {
      await socket.cut();
      throw error;
    }
    return socket;
  }

  #gateway(index: number): TestGateway {
    const gateway = this.gateways[index];
    if (gateway === undefined) throw new Error(`there is no gateway ${index}`);
    return gateway;
  }
}
