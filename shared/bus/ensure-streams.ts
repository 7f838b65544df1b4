import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { errors, nanos } from '@nats-io/transport-node';
import { liveSubject } from '../bus-protocol/subjects.ts';
import { storedIn, type SessionShards } from '../bus-protocol/session-shards.ts';
import { WORKER_CONSUMER, type StreamDefinition } from '../bus-protocol/streams.ts';
import { BrokerSetupError } from './bus-errors.ts';

const STREAM_NOT_FOUND = 10059;
const NAME_IN_USE = 10058;
const CONSUMER_NOT_FOUND = 10014;
const UNAVAILABLE_STATUS = 503;
/** What to do where a service may look at streams and no more, as the production roles have it. */
const ADVICE = 'this user may not change that: run "npm run streams:ensure" as the broker\'s operator';
/** Sessions would be looked for where they are not. */
const OTHER_SHARDS =
  'sessions are kept in another number of streams: see "More than one stream for sessions" in docs/OPERATIONS.md';
/** Far above any sane number of running chats: workers bound what they take themselves. */
const MAX_UNACKNOWLEDGED = 100_000;

/**
 * Creates every stream and the queue's consumer, or brings those that exist up to their definition. Any
 * number of processes may do it at once. Where the broker's permissions don't let this user, it checks them.
 * @throws BrokerSetupError when a stream is there that can't be made to fit, or the streams of another
 * `STREAM_SHARDS` are, or one is missing or differs and
 * this user may not change it; whatever else it throws may be gone at the next try
 */
export async function ensureStreams(
  manager: JetStreamManager,
  definitions: readonly StreamDefinition[],
  settings: { replicas: number; ackWaitMs: number },
  shards: SessionShards,
): Promise<void> {
  if ((await infoOf(manager, shards.foreign)) !== undefined) {
    throw new BrokerSetupError(
      `STREAM_SHARDS is ${shards.count}, but stream ${shards.foreign} is there: ${OTHER_SHARDS}`,
    );
  }
  for (const definition of definitions) await ensureStream(manager, definition, settings.replicas);
  await ensureWorkerConsumer(manager, settings.ackWaitMs);
}

async function ensureStream(
  manager: JetStreamManager,
  definition: StreamDefinition,
  replicas: number,
): Promise<void> {
  const config = streamConfig(definition, replicas);
  try {
    const existing = await infoOf(manager, definition.name);
    if (existing === undefined) {
      await orAdvise(`Stream ${definition.name} is missing`, () => manager.streams.add(config));
      return;
    }
    if (definition.description !== undefined && existing.description !== definition.description) {
      const found = `Stream ${definition.name} is "${existing.description ?? ''}"`;
      throw new BrokerSetupError(`${found} and not "${definition.description}": ${OTHER_SHARDS}`);
    }
    // Not editable before 2.10, and without it there is no live path at all.
    if (existing.republish?.src !== config.republish?.src) {
      throw new BrokerSetupError(`Stream ${definition.name} is not republished: create it anew`);
    }
    const differing = differences(existing, config);
    if (differing.length === 0) return;
    await orAdvise(`Stream ${definition.name} has another ${differing.join(', ')}`, () =>
      manager.streams.update(definition.name, config),
    );
  } catch (error) {
    if (error instanceof BrokerSetupError) throw error;
    const raced = error instanceof JetStreamApiError && error.code === NAME_IN_USE;
    if (raced && (await infoOf(manager, definition.name)) !== undefined) return;
    if (isPassing(error)) throw error;
    throw new BrokerSetupError(`Stream ${definition.name} can't be set up: ${reasonOf(error)}`, error);
  }
}

/** Those that somebody has deleted. */
export async function missingStreams<Name extends string>(
  manager: JetStreamManager,
  names: readonly Name[],
): Promise<readonly Name[]> {
  const found = await Promise.all(names.map((name) => infoOf(manager, name)));
  return names.filter((_, index) => found[index] === undefined);
}

async function infoOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

function streamConfig(
  definition: StreamDefinition,
  replicas: number,
): Partial<StreamConfig> & { name: string } {
  return {
    name: definition.name,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    subjects: [...definition.subjects],
    retention: definition.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    max_age: nanos(definition.maxAgeMs),
    max_bytes: definition.maxBytes,
    max_msgs: definition.maxMessages,
    max_msgs_per_subject: definition.maxMessagesPerSubject,
    discard: definition.discard === 'new' ? DiscardPolicy.New : DiscardPolicy.Old,
    duplicate_window: nanos(definition.dedupeWindowMs),
    allow_direct: definition.allowDirect,
    ...(definition.republishRoot === undefined
      ? {}
      : {
          republish: {
            src: storedIn(definition.name, `${definition.republishRoot}.>`),
            dest: liveSubject(`${definition.republishRoot}.>`),
          },
        }),
  };
}

const COMPARED = [
  'num_replicas',
  'max_age',
  'max_bytes',
  'max_msgs',
  'max_msgs_per_subject',
  'discard',
  'duplicate_window',
  'allow_direct',
] as const satisfies readonly (keyof StreamConfig)[];

function differences(
  existing: Partial<StreamConfig>,
  wanted: Partial<StreamConfig>,
): readonly (keyof StreamConfig)[] {
  // The broker leaves out what is false.
  return COMPARED.filter((field) => (existing[field] ?? false) !== (wanted[field] ?? false));
}

/** @throws BrokerSetupError that begins with `problem` when the broker's permissions don't allow the change */
async function orAdvise(problem: string, change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (isForbidden(error)) throw new BrokerSetupError(`${problem}, and ${ADVICE}`, error);
    throw error;
  }
}

/** No answer, or none yet: a cluster without a leader, a server that has just come. */
function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === UNAVAILABLE_STATUS;
  return !isForbidden(error);
}

function isForbidden(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isForbidden(error.cause);
}

async function ensureWorkerConsumer(manager: JetStreamManager, ackWaitMs: number): Promise<void> {
  const config: Partial<ConsumerConfig> = {
    durable_name: WORKER_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: MAX_UNACKNOWLEDGED,
    max_deliver: -1,
  };
  try {
    const existing = await workerConsumer(manager);
    if (existing !== undefined && existing.ack_wait === config.ack_wait) return;
    // Workers keep their chats by it: with a shorter one in the broker they would be handed to others.
    const problem = existing === undefined ? 'is missing' : 'has another ACK_WAIT_MS';
    // Adding a durable consumer that exists updates what may be updated: ack_wait among it.
    await orAdvise(`Consumer ${WORKER_CONSUMER} ${problem}`, () =>
      manager.consumers.add('CHAT_REQUESTS', config),
    );
  } catch (error) {
    if (error instanceof BrokerSetupError || isPassing(error)) throw error;
    throw new BrokerSetupError(`Consumer ${WORKER_CONSUMER} can't be set up: ${reasonOf(error)}`, error);
  }
}

async function workerConsumer(manager: JetStreamManager): Promise<ConsumerConfig | undefined> {
  try {
    return (await manager.consumers.info('CHAT_REQUESTS', WORKER_CONSUMER)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
