import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import type { Broker } from './broker.ts';
import { startBroker } from './start-broker.ts';
import { Publisher } from './publisher.ts';
import { ServiceProcess } from './service-process.ts';
import { SocketClient } from './socket-client.ts';
import { testEnvironment, type Overrides } from './test-environment.ts';

/** A broker, a gateway and workers, each a process of its own. */
export class ServicePair implements AsyncDisposable {
  readonly nats: Broker;
  readonly publisher: Publisher;
  readonly gateway: ServiceProcess;
  readonly workers: readonly ServiceProcess[];
  readonly #url: string;
  readonly #owned: DisposalStack;

  private constructor(
    parts: Pick<ServicePair, 'nats' | 'publisher' | 'gateway' | 'workers'>,
    url: string,
    owned: DisposalStack,
  ) {
    this.nats = parts.nats;
    this.publisher = parts.publisher;
    this.gateway = parts.gateway;
    this.workers = parts.workers;
    this.#url = url;
    this.#owned = owned;
  }

  /** @param environment of all services, beside what every test sets */
  static async start(environment: Overrides, workers = 1): Promise<ServicePair> {
    const owned = new DisposalStack();
    try {
      const nats = owned.use(await startBroker());
      const publisher = owned.use(await Publisher.connect(nats.url));
      const env = testEnvironment(nats.url, environment);
      const gateway = owned.use(new ServiceProcess('gateway', env));
      const started = Array.from({ length: workers }, () =>
        owned.use(new ServiceProcess('chat-worker', env)),
      );
      const { port } = await gateway.logged('listening');
      await Promise.all(started.map((worker) => worker.logged('taking chats')));
      const parts = { nats, publisher, gateway, workers: started };
      return new ServicePair(parts, `ws://127.0.0.1:${String(port)}`, owned);
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  async openChat(sessionId: string, since?: string): Promise<SocketClient> {
    const query = since === undefined ? '' : `?since=${since}`;
    const socket = await SocketClient.connect(`${this.#url}/api/v1/ws/chat/${sessionId}${query}`);
    await socket.next('connection');
    return socket;
  }

  /** Asks by one HTTP request. */
  ask(sessionId: string, message: string, traceparent: string): Promise<Response> {
    return fetch(`${this.#url.replace(/^ws/, 'http')}/api/v1/chat/${sessionId}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', traceparent },
      body: JSON.stringify({ message }),
    });
  }

  /** Drains everything, so that whatever is to be exported has been. @returns the exit codes */
  async stop(): Promise<readonly (number | null)[]> {
    return Promise.all([this.gateway, ...this.workers].map((service) => service.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned[Symbol.asyncDispose]();
  }
}
