import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNatsBus, type NatsBus } from '../../shared/bus/nats-bus.ts';
import { streamDefinitions } from '../../shared/bus-protocol/streams.ts';
import { NatsServer } from './nats-server.ts';
import type { Overrides } from './test-environment.ts';

export const ROLES = ['gateway', 'worker', 'publisher', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const CONF = readFileSync(join(import.meta.dirname, '../../deploy/nats/nats.conf'), 'utf8');

const passwordOf = (role: Role): string => `p-of-${role}`;

/** What a service needs to sign in as a role. */
export function credentials(role: Role): Overrides {
  return { NATS_USER: role, NATS_PASSWORD: passwordOf(role) };
}

/**
 * A broker with the production configuration as it is in the repository; what it includes is empty unless
 * given: TLS needs certificates, and this server may be too old for the newer settings.
 */
export function startRoleBroker(includes: Readonly<Record<string, string>> = {}): Promise<NatsServer> {
  return NatsServer.start({
    config: CONF,
    files: { 'tls.conf': '', 'jetstream-2.10.conf': '', ...includes },
    environment: {
      NATS_SERVER_NAME: 'test',
      ...Object.fromEntries(ROLES.map((role) => [`NATS_${role.toUpperCase()}_PASSWORD`, passwordOf(role)])),
    },
    // The monitoring port of the file is one, and tests run side by side.
    args: ['-m', '-1'],
  });
}

/** What `npm run streams:ensure` does, with the sizes of the tests' services. */
export async function ensureStreamsAsOperator(natsUrl: string): Promise<void> {
  const nothing = (): void => undefined;
  await using bus: NatsBus = await openNatsBus(
    { natsUrl, natsCreds: undefined, natsUser: 'operator', natsPassword: passwordOf('operator') },
    'operator',
    { waitingForBroker: nothing, statusChanged: nothing, handlerFailed: nothing },
    new AbortController().signal,
  );
  const limits = { streamMaxBytes: 64 * 1_048_576, queueMaxMessages: 1_000 };
  const definitions = streamDefinitions({ retentionHours: 24, maxTokenLifetimeHours: 24, ...limits });
  await bus.ensureStreams(definitions, { replicas: 1, ackWaitMs: 1_000 });
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
    const options = { servers: natsUrl, user: role, pass: passwordOf(role), inboxPrefix: `_INBOX_${role}` };
    return new RoleClient(await connect(options));
  }

  /** Whether the broker takes a message on this subject. It is an empty one, which nobody understands. */
  async mayPublish(subject: string): Promise<boolean> {
    this.connection.publish(subject);
    await this.#answered();
    return !this.#violations.some((said) => said.endsWith(`Publish to "${subject}"`));
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
