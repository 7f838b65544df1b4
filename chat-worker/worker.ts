import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { openNatsBus, type NatsBus } from '../shared/bus/nats-bus.ts';
import { streamDefinitions } from '../shared/bus-protocol/streams.ts';
import { brokerSettings, streamSettings } from '../shared/config/read-env.ts';
import { AdminServer } from '../shared/http/admin-server.ts';
import { DisposalStack } from '../shared/lifecycle/disposal-stack.ts';
import type { RunningService } from '../shared/lifecycle/run-service.ts';
import { ServiceHealth } from '../shared/lifecycle/service-health.ts';
import { createLogger, type Logger } from '../shared/telemetry/logger.ts';
import { WORKER_METRICS } from '../shared/telemetry/metric-catalog.ts';
import { openTelemetry } from '../shared/telemetry/sdk.ts';
import type { Agent } from './agents/agent.ts';
import { chooseAgent } from './choose-agent.ts';
import { usesModel, type WorkerConfig } from './config.ts';
import { WorkerEvents } from './events.ts';
import { CancelListener } from './inbound/cancel-listener.ts';
import { QueueWatch } from './inbound/queue-watch.ts';
import { RequestQueue } from './inbound/request-queue.ts';
import { RunningChats } from './inbound/running-chats.ts';
import { inspectionDesk } from './inspection/worker-inspection.ts';
import { WorkerMetrics } from './metrics.ts';

/** What chats that are left as they are may still take: their waits for the broker are aborted. */
const ABANDON_MS = 500;

export interface WorkerOptions {
  readonly logger?: Logger;
  /** In place of the one the settings name. */
  readonly agent?: Agent;
  /** Interrupts a start that waits for the broker. */
  readonly signal?: AbortSignal;
}

/** Disposing it drops what it runs, as a crash would; `drain` hands it over first. */
export interface Worker extends RunningService, AsyncDisposable {
  readonly id: string;
  readonly adminUrl: string;
}

/**
 * Starts one worker: it takes chats from the queue until it is drained.
 * @throws BrokerSetupError the broker can't be used
 * @throws AppError the admin port can't be used, or an agent's prompt is missing
 */
export async function startWorker(config: WorkerConfig, options: WorkerOptions = {}): Promise<Worker> {
  const { metrics: registry, tracing } = openTelemetry('chat-worker');
  const logger = options.logger ?? createLogger('chat-worker', config.LOG_LEVEL);
  const events = new WorkerEvents(logger, new WorkerMetrics(registry), tracing);
  const id = `${hostname()}-${process.pid}-${randomBytes(6).toString('base64url')}`;
  const agent = options.agent ?? (await chooseAgent(config));
  let isReady = (): boolean => false;
  await using starting = new DisposalStack();
  // Before the broker, so that a service that waits for it can be seen to be alive.
  const admin = starting.use(
    await AdminServer.start({
      host: config.ADMIN_HOST,
      port: config.WORKER_ADMIN_PORT,
      portSetting: 'WORKER_ADMIN_PORT',
      isReady: () => Promise.resolve(isReady()),
      metrics: () => registry.scrape(),
    }),
  );
  const bus = starting.use(await openBus(config, events, options.signal));
  const settings = { replicas: config.STREAM_REPLICAS, ackWaitMs: config.ACK_WAIT_MS };
  await bus.ensureStreams(streamDefinitions(streamSettings(config)), settings, options.signal);
  await bus.checkMapping(options.signal);
  const cancels = starting.use(new CancelListener(bus));
  await bus.roundTrip(); // From here on no cancel passes unheard.
  const health = starting.use(new ServiceHealth(bus, registry, events));
  starting.use(new QueueWatch(bus, registry));
  const chats = new RunningChats(
    { bus, cancels, events, agent },
    {
      workerId: id,
      ackWaitMs: config.ACK_WAIT_MS,
      queueMaxWaitMs: config.QUEUE_MAX_WAIT_MS,
      investigationAccess: config.INVESTIGATION_ACCESS,
    },
  );
  const queue = new RequestQueue(bus, {
    capacity: config.WORKER_CONCURRENCY,
    run: (item) => chats.take(item),
    onPullFailed: (error) => events.pullFailed(error),
  });
  starting.defer(() => abandon(queue, chats));
  starting.use(inspectionDesk(bus, { id, queue, chats, capacity: config.WORKER_CONCURRENCY }, events));
  health.opened(() => !queue.isStopping);
  isReady = () => health.isReady;
  registry.observe(WORKER_METRICS.chatsRunning, () => chats.size);
  const model = usesModel(config) ? config.OPENAI_MODEL : undefined;
  events.started({ workerId: id, adminUrl: admin.url, brokerVersion: bus.serverVersion, model });
  const owned = starting.move();
  return {
    id,
    adminUrl: admin.url,
    drain: async () => {
      events.draining(chats.size);
      await handOver(queue, chats, config.DRAIN_SECONDS * 1_000);
      events.drained(chats.size);
      await owned[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function openBus(
  config: WorkerConfig,
  events: WorkerEvents,
  signal = new AbortController().signal,
): Promise<NatsBus> {
  const listeners = {
    waitingForBroker: (error: unknown) => events.waitingForBroker(error),
    statusChanged: (status: NatsBus['status']) => events.brokerStatusChanged(status),
    handlerFailed: (subject: string, error: unknown) => events.handlerFailed(subject, error),
    publishRetried: () => events.publishRetried(),
  };
  return openNatsBus(brokerSettings(config), 'worker', listeners, signal);
}

/** Takes nothing more and gives every chat to other workers, within the time there is. */
async function handOver(queue: RequestQueue, chats: RunningChats, deadlineMs: number): Promise<void> {
  const stopped = queue.stop();
  chats.handOver();
  await withinMs(deadlineMs, Promise.all([stopped, queue.idle()]));
}

/** Leaves what runs as it is: the queue delivers it again. */
async function abandon(queue: RequestQueue, chats: RunningChats): Promise<void> {
  void queue.stop();
  chats.abandon();
  await withinMs(ABANDON_MS, queue.idle());
}

async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, delay(ms, undefined, { ref: false })]);
}
