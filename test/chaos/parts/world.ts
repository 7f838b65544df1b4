import { setTimeout as delay } from 'node:timers/promises';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import type { Broker } from '../../support/broker.ts';
import { ClusteredBroker } from '../../support/clustered-broker.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { USER_TOKEN_SECRET } from '../../support/user-token.ts';
import { Link } from '../network/link.ts';
import { generation, type Generation } from './chaos-agent.ts';
import { Slot } from './slot.ts';

/** Long enough that a busy machine does not take a slow worker for a dead one. */
const ACK_WAIT_MS = 1_500;
const DRAIN_SECONDS = 1;

const SETTINGS = {
  LOG_LEVEL: 'info',
  ACK_WAIT_MS: String(ACK_WAIT_MS),
  DRAIN_SECONDS: String(DRAIN_SECONDS),
  MAX_CHATS_PER_MINUTE: '1000000',
  MAX_CONNECTIONS_PER_IP: '100000',
  JWT_SECRET: USER_TOKEN_SECRET,
};

export interface Scripts {
  readonly gateway: string;
  readonly worker: string;
}

export interface GatewaySlot {
  readonly slot: Slot;
  /** Between clients and the gateway. */
  readonly clientLink: Link;
}

/** A broker, two gateways and two workers, each a process of its own, and the network between them. */
export class World implements AsyncDisposable {
  readonly broker: Broker;
  readonly gateways: GatewaySlot[] = [];
  readonly workers: Slot[] = [];
  /** What no part should ever say or do, since it was last taken. */
  readonly defects: string[] = [];
  /** Calls of the agent, since they were last taken. */
  readonly generations: Generation[] = [];
  readonly #owned: DisposalStack;
  #brokerChange: Promise<void> = Promise.resolve();
  #disturbances = 0;
  #faultsOfBroker = 0;

  private constructor(broker: Broker, owned: DisposalStack) {
    this.broker = broker;
    this.#owned = owned;
  }

  static async start(scripts: Scripts, brokers: 1 | 3): Promise<World> {
    const owned = new DisposalStack();
    try {
      const world = new World(owned.use(await (brokers === 3 ? ClusteredBroker : NatsServer).start()), owned);
      for (let index = 0; index < 2; index += 1) await world.#addGateway(index, scripts.gateway);
      for (let index = 0; index < 2; index += 1) {
        world.workers.push(await world.#addSlot(`worker ${index}`, scripts.worker));
      }
      await world.healed();
      return world;
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  get slots(): readonly Slot[] {
    return [...this.gateways.map(({ slot }) => slot), ...this.workers];
  }

  get links(): readonly Link[] {
    return [
      ...this.gateways.map(({ clientLink }) => clientLink),
      ...this.slots.map((slot) => slot.brokerLink),
    ];
  }

  /** The way to the broker is about to be broken, or has just been. */
  disturb(): void {
    this.#disturbances += 1;
  }

  async endBroker(how: 'kill' | 'stop', downMs: number): Promise<void> {
    await this.#changeBroker(async (server) => {
      await server[how]();
      await delay(downMs);
      await server.restart();
    });
  }

  async freezeBroker(durationMs: number): Promise<void> {
    await this.#changeBroker(async (server) => {
      server.pause();
      await delay(durationMs);
      server.resume();
    });
  }

  /** Everything that was broken works, and every part is ready. */
  async healed(): Promise<void> {
    await this.#brokerChange;
    if (this.broker instanceof ClusteredBroker) await this.broker.healed();
    for (const link of this.links) link.heal();
    await Promise.all(this.slots.map((slot) => slot.ready()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#brokerChange.catch(() => undefined);
    await this.#owned[Symbol.asyncDispose]();
  }

  /** One after another: nothing is done to a broker that is just being started. */
  #changeBroker(
    change: (server: Pick<Broker, 'kill' | 'stop' | 'restart' | 'pause' | 'resume'>) => Promise<void>,
  ): Promise<void> {
    this.#brokerChange = this.#brokerChange.then(async () => {
      this.disturb();
      await change(this.#victim());
      this.disturb();
    });
    return this.#brokerChange;
  }

  /** The broker, or one of its servers: who led the sessions at the beginning of the trial, or another in turn. */
  #victim(): Broker {
    if (!(this.broker instanceof ClusteredBroker)) return this.broker;
    this.#faultsOfBroker += 1;
    const { leader, nodes } = this.broker;
    const index = this.#faultsOfBroker % (2 * nodes.length);
    return (index < nodes.length ? leader : nodes[index - nodes.length]) ?? this.broker;
  }

  async #addGateway(index: number, script: string): Promise<void> {
    const slot = await this.#addSlot(`gateway ${index}`, script);
    const link = await Link.open(`clients-gateway ${index}`, () => slot.process.port);
    this.gateways.push({ slot, clientLink: this.#owned.use(link) });
  }

  async #addSlot(name: string, script: string): Promise<Slot> {
    const brokerLink = this.#owned.use(await Link.open(`${name}-broker`, () => this.broker.port));
    const slot = new Slot({
      name,
      script,
      environment: testEnvironment(`127.0.0.1:${brokerLink.port}`, {
        ...SETTINGS,
        STREAM_REPLICAS: String(this.broker.replicas),
      }),
      brokerLink,
      disturbances: () => this.#disturbances,
      onDefect: (text) => this.defects.push(text),
      onTold: (message) => this.generations.push(generation.parse(message)),
    });
    return this.#owned.use(slot);
  }
}
