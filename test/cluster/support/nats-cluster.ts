import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { STREAM_NAMES, WORKER_CONSUMER } from '../../../shared/bus-protocol/streams.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import {
  clusterNodeName,
  ensureStreamsAsOperator,
  RoleClient,
  startClusterNode,
} from '../../support/role-broker.ts';

const NODES = 3;
/** An election or a catch-up on a machine with other things to do. */
const HEAL_DEADLINE_MS = 60_000;

/** Three brokers with the very configuration of `deploy/nats`, every stream on all of them. */
export class NatsCluster implements AsyncDisposable {
  readonly nodes: readonly NatsServer[];
  readonly #operator: RoleClient;
  readonly #manager: JetStreamManager;
  readonly #owned: DisposalStack;

  private constructor(
    nodes: readonly NatsServer[],
    operator: RoleClient,
    manager: JetStreamManager,
    owned: DisposalStack,
  ) {
    this.nodes = nodes;
    this.#operator = operator;
    this.#manager = manager;
    this.#owned = owned;
  }

  static async start(settings: { readonly ackWaitMs: number }): Promise<NatsCluster> {
    const owned = new DisposalStack();
    try {
      const ports = await freePorts(NODES);
      const nodes = await Promise.all(
        ports.map(async (_, index) => owned.use(await startClusterNode(index, ports))),
      );
      const url = urlOf(nodes);
      await eventually(
        () =>
          ensureStreamsAsOperator(url, { replicas: NODES, ...settings }).then(
            () => true,
            () => false,
          ),
        (done) => done,
        HEAL_DEADLINE_MS,
      );
      const operator = owned.use(await RoleClient.connect(url, 'operator'));
      const manager = await jetstreamManager(operator.connection, { checkAPI: false, timeout: 1_000 });
      const cluster = new NatsCluster(nodes, operator, manager, owned);
      await cluster.healed();
      return cluster;
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What `NATS_URL` wants: every server. */
  get url(): string {
    return urlOf(this.nodes);
  }

  /** The server that leads a stream, and one that follows. */
  async rolesOf(stream: string): Promise<{ readonly leader: NatsServer; readonly follower: NatsServer }> {
    const { cluster } = await this.#manager.streams.info(stream);
    const leader = this.nodes.find((_, index) => clusterNodeName(index) === cluster?.leader);
    const follower = this.nodes.find((_, index) => clusterNodeName(index) !== cluster?.leader);
    if (leader === undefined || follower === undefined) throw new Error(`${stream} has no leader`);
    return { leader, follower };
  }

  /** Another server leads from now on: of a stream, or of the queue's consumer. */
  async stepDown(what: string): Promise<void> {
    const path =
      what === WORKER_CONSUMER
        ? `CONSUMER.LEADER.STEPDOWN.CHAT_REQUESTS.${what}`
        : `STREAM.LEADER.STEPDOWN.${what}`;
    await this.#operator.connection.request(`$JS.API.${path}`, '', { timeout: 5_000 });
  }

  /** Every server has every message of every stream. */
  async healed(): Promise<void> {
    await eventually(
      () => this.#lagging(),
      (lagging) => lagging.length === 0,
      HEAL_DEADLINE_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }

  async #lagging(): Promise<readonly string[]> {
    const states = STREAM_NAMES.map(async (name) => {
      const { cluster } = await this.#manager.streams.info(name);
      const current = (cluster?.replicas ?? []).filter(({ current, offline }) => current && !offline);
      return cluster?.leader !== undefined && current.length === NODES - 1 ? [] : [name];
    });
    return Promise.all(states).then(
      (found) => found.flat(),
      (error: unknown) => [String(error)],
    );
  }
}

function urlOf(nodes: readonly NatsServer[]): string {
  return nodes.map(({ url }) => url).join(',');
}
