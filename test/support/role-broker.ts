import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNatsBus, type NatsBus } from '../../shared/bus/nats-bus.ts';
import { shardedConf } from '../../scripts/nats/sharded-conf.js';
import { unsharded } from '../../shared/bus-protocol/session-shards.ts';
import { streamDefinitions } from '../../shared/bus-protocol/streams.ts';
import { NatsServer } from './nats-server.ts';
import type { Overrides } from './test-environment.ts';
import { TEST_SHARDS } from './test-shards.ts';

export const ROLES = ['gateway', 'worker', 'publisher', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const CONF_FOLDER = join(import.meta.dirname, '../../deploy/nats');
const CONF = readFileSync(join(CONF_FOLDER, 'nats.conf'), 'utf8');
const CLUSTER_CONF = readFileSync(join(CONF_FOLDER, 'cluster.conf'), 'utf8');

const passwordOf = (role: Role): string => `p-of-${role}`;

/** Every file that the configuration includes, without anything in it. */
const NO_INCLUDES = { 'tls.conf': '', 'cluster.conf': '', 'jetstream-2.10.conf': '' };

export const ROLE_PASSWORDS: Readonly<Record<string, string>> = Object.fromEntries(
  ROLES.map((role) => [`NATS_${role.toUpperCase()}_PASSWORD`, passwordOf(role)]),
);

/** What a service needs to sign in as a role. */
export function credentials(role: Role): Overrides {
  return { NATS_USER: role, NATS_PASSWORD: passwordOf(role) };
}

/**
 * A broker with the production configuration as it is in the repository; what it includes is empty unless
 * given: TLS needs certificates, and this server may be too old for the newer settings.
 */
export function startRoleBroker(
  includes: Readonly<Record<string, string>> = {},
  shards = TEST_SHARDS.count,
): Promise<NatsServer> {
  return NatsServer.start({
    config: shardedConf(CONF, shards),
    files: { ...NO_INCLUDES, ...includes },
    environment: { NATS_SERVER_NAME: 'test', ...ROLE_PASSWORDS },
    // The monitoring port of the file is one, and tests run side by side.
    args: ['-m', '-1'],
  });
}

/** Who comes without a name is let in, and may do everything: most tests know no roles. */
function confForTests(shards: number): string {
  const conf = shardedConf(CONF, shards);
  const user = '$1{ user: tests, password: tests }\n';
  return `${conf.replace(/(REALTIME \{[^]*?users: \[\n)/, user)}\nno_auth_user: tests\n`;
}

/** No server tells clients of the others, so that they come by the way that a test gave them. */
const SILENT_CLUSTER_CONF = CLUSTER_CONF.replace('cluster {', 'cluster {\n  no_advertise: true');

interface ClusterNodeOptions {
  /** Whether who comes without a name may do everything. */
  readonly knowsTests?: boolean;
  /** Where the passwords of the roles are others than those of the tests. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly shards?: number;
}

/**
 * One of several servers, with the cluster's configuration as it is in the repository too.
 * @param routePorts where each of them listens for the others
 */
export function startClusterNode(
  index: number,
  routePorts: readonly number[],
  { knowsTests = false, environment = {}, shards = TEST_SHARDS.count }: ClusterNodeOptions = {},
): Promise<NatsServer> {
  const password = 'p-of-cluster';
  const routes = routePorts.map((port) => `nats-route://cluster:${password}@127.0.0.1:${port}`);
  return NatsServer.start({
    config: knowsTests ? confForTests(shards) : shardedConf(CONF, shards),
    files: { ...NO_INCLUDES, 'cluster.conf': knowsTests ? SILENT_CLUSTER_CONF : CLUSTER_CONF },
    environment: {
      NATS_SERVER_NAME: clusterNodeName(index),
      NATS_CLUSTER_LISTEN: `127.0.0.1:${routePorts[index] ?? 0}`,
      NATS_CLUSTER_PASSWORD: password,
      NATS_CLUSTER_ROUTES: JSON.stringify(routes),
      ...ROLE_PASSWORDS,
      ...passwordsIn(environment),
    },
    args: ['-m', '-1'],
  });
}

function passwordsIn(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => name.endsWith('_PASSWORD') && name !== 'NATS_CLUSTER_PASSWORD',
    ),
  );
}

export const clusterNodeName = (index: number): string => `nats-${index + 1}`;

/** What `npm run streams:ensure` does, with the sizes of the tests' services. */
export async function ensureStreamsAsOperator(
  natsUrl: string,
  settings = { replicas: 1, ackWaitMs: 1_000 },
  shards = TEST_SHARDS,
): Promise<void> {
  const nothing = (): void => undefined;
  const user = { natsCreds: undefined, natsUser: 'operator', natsPassword: passwordOf('operator') };
  await using bus: NatsBus = await openNatsBus(
    { natsUrl, ...user, streamShards: shards.count },
    'operator',
    { waitingForBroker: nothing, statusChanged: nothing, handlerFailed: nothing },
    new AbortController().signal,
  );
  const limits = { streamMaxBytes: 64 * 1_048_576, queueMaxMessages: 1_000, shards };
  const definitions = streamDefinitions({ retentionHours: 24, maxTokenLifetimeHours: 24, ...limits });
  await bus.ensureStreams(definitions, settings);
}

/** A plain NATS client that signs in as a role and asks what the broker lets it do. */
export class RoleClient implements AsyncDisposable {
  readonly connection: NatsConnection;
  readonly #violations: string[] = [];

  private constructor(connection: NatsConnection) {
    this.connection = connection;
    void this.#watch();
  }

  static async connect(natsUrl: string, role: Role): Promise<RoleClient> {
    const options = {
      servers: natsUrl.split(','),
      user: role,
      pass: passwordOf(role),
      inboxPrefix: `_INBOX_${role}`,
    };
    return new RoleClient(await connect(options));
  }

  /**
   * Whether the broker takes a message on this subject, or on what it maps that to. It is an empty one, which
   * nobody understands.
   */
  async mayPublish(subject: string): Promise<boolean> {
    this.connection.publish(subject);
    await this.#answered();
    return !this.#violations.some((said) => {
      const refused = /Publish to "(.*)"$/.exec(said)?.[1] ?? '';
      return refused === subject || unsharded(refused) === subject;
    });
  }

  async maySubscribe(subject: string): Promise<boolean> {
    let refused = false;
    const subscription = this.connection.subscribe(subject, {
      callback: (error) => {
        if (error !== null) refused = true;
      },
    });
    await this.#answered();
    subscription.unsubscribe();
    return !refused;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }

  /** The broker has said what it had to say about all so far, and the client has passed it on. */
  async #answered(): Promise<void> {
    await this.connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'error') this.#violations.push(status.error.message);
    }
  }
}
