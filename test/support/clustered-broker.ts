import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import type { Broker } from './broker.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import type { NatsServer } from './nats-server.ts';
import { clusterNodeName, startClusterNode } from './role-broker.ts';
import { TEST_SHARDS } from './test-shards.ts';

const NODES = 3;
/** Elections on a machine with other things to do. */
const SERVES_WITHIN_MS = 60_000;
const PROBE = { name: 'PROBE', subjects: ['probe'], num_replicas: NODES };

/** Three servers with the configuration of `deploy/nats`, which know the tests without a password. */
export class ClusteredBroker implements Broker {
  readonly replicas = NODES;
  readonly nodes: readonly NatsServer[];
  readonly #owned: DisposalStack;
  #nextPort = 0;
  #leader = '';

  private constructor(nodes: readonly NatsServer[], owned: DisposalStack) {
    this.nodes = nodes;
    this.#owned = owned;
  }

  static async start(shards = TEST_SHARDS.count): Promise<ClusteredBroker> {
    const owned = new DisposalStack();
    try {
      const ports = await freePorts(NODES);
      const nodes = await Promise.all(
        ports.map(async (_, index) =>
          owned.use(await startClusterNode(index, ports, { knowsTests: true, shards })),
        ),
      );
      const broker = new ClusteredBroker(nodes, owned);
      await broker.serves();
      return broker;
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  get port(): number {
    this.#nextPort += 1;
    return this.nodes[this.#nextPort % NODES]?.port ?? 0;
  }

  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async restart(): Promise<void> {
    await this.stop();
    await Promise.all(this.nodes.map((node) => node.restart()));
    await this.serves();
  }

  pause(): void {
    for (const node of this.nodes) node.pause();
  }

  resume(): void {
    for (const node of this.nodes) node.resume();
  }

  /** Who led the sessions when all was well last. */
  get leader(): NatsServer | undefined {
    return this.nodes.find((_, index) => clusterNodeName(index) === this.#leader);
  }

  /** Every stream has a leader, and new ones find a place for all of their copies. */
  serves(): Promise<void> {
    return this.#until(isServing);
  }

  /** Every server has every message of every stream. */
  healed(): Promise<void> {
    return this.#until(async (manager) => {
      const streams = await manager.streams.list().next();
      this.#leader = streams.find(({ config }) => config.name.startsWith('SESSIONS'))?.cluster?.leader ?? '';
      return streams.every(
        ({ cluster }) =>
          cluster?.leader !== undefined &&
          cluster.replicas?.every(({ current, offline }) => current && !offline) === true,
      );
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned[Symbol.asyncDispose]();
  }

  /** Asked again until it is so: without a leader there is no answer. */
  async #until(isSo: (manager: JetStreamManager) => Promise<boolean>): Promise<void> {
    const options = { maxReconnectAttempts: -1, reconnectTimeWait: 50, waitOnFirstConnect: true };
    const connection = await connect({ servers: this.url.split(','), ...options });
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 });
      await eventually(
        () => isSo(manager).catch(() => false),
        (is) => is,
        SERVES_WITHIN_MS,
      );
    } finally {
      await connection.close();
    }
  }
}

async function isServing(manager: JetStreamManager): Promise<boolean> {
  await manager.streams.add(PROBE);
  const streams = await manager.streams.list().next();
  await manager.streams.delete(PROBE.name);
  return streams.every(({ cluster }) => cluster?.leader !== undefined && cluster.leader !== '');
}
