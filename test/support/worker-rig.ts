import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import type { Agent } from '../../chat-worker/agents/agent.ts';
import { readWorkerConfig } from '../../chat-worker/config.ts';
import { startWorker, type Worker } from '../../chat-worker/worker.ts';
import { chatLogEvent, type ChatLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import type { ChatRequest } from '../../shared/bus-protocol/chat-request.ts';
import { streamDefinitions } from '../../shared/bus-protocol/streams.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { openNatsBus, type NatsBus } from '../../shared/bus/nats-bus.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import { PATIENCE } from './broker-count.ts';
import type { Broker } from './broker.ts';
import { startBroker } from './start-broker.ts';
import { TEST_SHARDS } from './test-shards.ts';

const DEADLINE_MS = 5_000 * PATIENCE;
export const RIG_ACK_WAIT_MS = 1_000;

/** One stored event of a chat's log. */
export type LogEntry = ChatLogEvent & {
  readonly sequence: number;
  readonly header: (name: string) => string | undefined;
};

export interface Question {
  readonly sessionId?: string;
  readonly requestId?: string;
  readonly message?: string;
  readonly agentId?: string;
  readonly subscriptions?: readonly string[];
  readonly investigations?: readonly string[];
  /** False: the gateway died before it wrote the first event of the log. */
  readonly writeAccepted?: boolean;
  /** In place of what a gateway writes into the queue. */
  readonly payload?: string;
}

export interface AskedChat {
  readonly sessionId: string;
  readonly requestId: string;
  /** Its place in the queue. */
  readonly item: number;
  readonly acceptedMessageId: string;
}

/** A broker and the part of the gateway, played by the test, around workers in this process. */
export class WorkerRig implements AsyncDisposable {
  readonly nats: Broker;
  readonly bus: NatsBus;
  readonly #workers: Worker[] = [];

  private constructor(nats: Broker, bus: NatsBus) {
    this.nats = nats;
    this.bus = bus;
  }

  static async start(): Promise<WorkerRig> {
    const nats = await startBroker();
    const silent = { waitingForBroker: ignore, statusChanged: ignore, handlerFailed: ignore };
    const settings = {
      natsUrl: nats.url,
      natsCreds: undefined,
      natsUser: undefined,
      natsPassword: undefined,
      streamShards: TEST_SHARDS.count,
    };
    const bus = await openNatsBus(settings, 'gateway', silent, new AbortController().signal);
    const streams = { retentionHours: 1, maxTokenLifetimeHours: 1 };
    const limits = { streamMaxBytes: 64 * 1_048_576, queueMaxMessages: 1_000, shards: TEST_SHARDS };
    await bus.ensureStreams(streamDefinitions({ ...streams, ...limits }), {
      replicas: nats.replicas,
      ackWaitMs: RIG_ACK_WAIT_MS,
    });
    return new WorkerRig(nats, bus);
  }

  /** The environment of a worker of this rig. */
  environment(overrides: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      NATS_URL: this.nats.url,
      STREAM_SHARDS: String(TEST_SHARDS.count),
      STREAM_REPLICAS: String(this.nats.replicas),
      WORKER_ADMIN_PORT: '0',
      LOG_LEVEL: 'silent',
      ACK_WAIT_MS: String(RIG_ACK_WAIT_MS),
      STREAM_MAX_MEGABYTES: '64',
      RETENTION_HOURS: '1',
      MAX_TOKEN_LIFETIME_HOURS: '1',
      QUEUE_MAX_CHATS: '1000',
      LOCAL_AGENT_DELAY_MS: '0',
      ...overrides,
    };
  }

  async startWorker(
    agent: Agent | undefined,
    overrides: Readonly<Record<string, string>> = {},
  ): Promise<Worker> {
    const worker = await startWorker(readWorkerConfig(this.environment(overrides)), {
      ...(agent === undefined ? {} : { agent }),
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Drops every worker of this rig, as a crash would. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker[Symbol.asyncDispose]()));
  }

  /** Queues a chat and writes its first event, as a gateway does. */
  async ask(question: Question = {}): Promise<AskedChat> {
    const { sessionId = `s-${randomUUID()}`, requestId = `r-${randomUUID()}` } = question;
    const message = question.message ?? 'Olá';
    const acceptedMessageId = randomUUID();
    const data = { request_id: requestId, role: 'user', message } as const;
    const event = encodeEvent('chat_accepted', data, { id: acceptedMessageId });
    const request: ChatRequest = {
      accepted: { message_id: acceptedMessageId, event },
      ...(question.agentId === undefined ? {} : { agent_id: question.agentId }),
      asker: { investigations: [...(question.investigations ?? [])] },
      subscriptions: [...(question.subscriptions ?? [])],
    };
    const payload = question.payload ?? JSON.stringify(request);
    const item = await this.publish(subjects.chatRequest(sessionId, requestId), payload);
    if (question.writeAccepted !== false) {
      await this.bus.publish(subjects.chatLog(sessionId, requestId), event, {
        messageId: acceptedMessageId,
        deadlineMs: DEADLINE_MS,
      });
    }
    return { sessionId, requestId, item, acceptedMessageId };
  }

  async cancel({ sessionId, requestId }: AskedChat): Promise<void> {
    const payload = JSON.stringify({ requested_at: new Date().toISOString() });
    await this.publish(subjects.cancel(sessionId, requestId), payload);
  }

  publish(subject: string, payload: string, headers: Record<string, string> = {}): Promise<number> {
    return this.bus.publish(subject, payload, { messageId: randomUUID(), deadlineMs: DEADLINE_MS, headers });
  }

  async log({ sessionId, requestId }: AskedChat): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    const stream = this.bus.shards.streamOf(sessionId);
    const { first, last } = await this.bus.bounds(stream);
    const subject = subjects.chatLog(sessionId, requestId);
    await this.bus.read(stream, subject, { from: first, to: last }, (message) => {
      const event = chatLogEvent.parse(JSON.parse(Buffer.from(message.data).toString()));
      const { sequence } = message;
      return entries.push({ ...event, sequence, header: (name) => message.header(name) }) > 0;
    });
    return entries;
  }

  /** The log of a chat once it is as wanted, looked at again whenever something is added to it. */
  async logWhen(chat: AskedChat, isWanted: (log: readonly LogEntry[]) => boolean): Promise<LogEntry[]> {
    let changed = (): void => undefined;
    const subject = subjects.chatLog(chat.sessionId, chat.requestId);
    const unsubscribe = this.bus.subscribeLive(subject, () => changed());
    try {
      for (;;) {
        const next = new Promise<void>((resolve) => (changed = resolve));
        const log = await this.#logIfReachable(chat);
        if (log === undefined) continue;
        if (isWanted(log)) return log;
        await next;
      }
    } finally {
      unsubscribe();
    }
  }

  /** Undefined while the broker is away: it is then read again, for what was missed meanwhile. */
  async #logIfReachable(chat: AskedChat): Promise<LogEntry[] | undefined> {
    try {
      await this.bus.roundTrip();
      return await this.log(chat);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return undefined;
    }
  }

  /** The whole log of a chat that has ended. */
  ended(chat: AskedChat): Promise<LogEntry[]> {
    return this.logWhen(chat, (log) => log.some(({ type }) => type === 'chat_complete' || type === 'error'));
  }

  /** Resolves when every queue item is acknowledged. */
  async queueEmpty(): Promise<void> {
    const connection = await connect({ servers: this.nats.url.split(',') });
    try {
      const manager = await jetstreamManager(connection);
      while ((await manager.streams.info('CHAT_REQUESTS')).state.messages > 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopWorkers();
    await this.bus[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
  }
}

function ignore(): void {
  // The tests look at what is stored.
}

/** The types of a log, in order. */
export function typesOf(log: readonly LogEntry[]): string[] {
  return log.map(({ type }) => type);
}

/** The text of a log's chunks since its last restart, after checking that they count without holes. */
export function chunkText(log: readonly LogEntry[]): string {
  let text = '';
  let next = 0;
  for (const entry of log) {
    if (entry.type === 'chat_restart') {
      text = '';
      next = 0;
    } else if (entry.type === 'chat') {
      if (entry.data.chunk_index !== next) {
        throw new Error(`chunk ${entry.data.chunk_index} in place of ${next}`);
      }
      text += entry.data.content;
      next += 1;
    }
  }
  return text;
}

/** The last event of a log that must have ended. */
export function endOf(log: readonly LogEntry[]): Extract<LogEntry, { type: 'chat_complete' | 'error' }> {
  const last = log.at(-1);
  if (last?.type !== 'chat_complete' && last?.type !== 'error') {
    throw new Error(`the log ends in ${last?.type ?? 'nothing'}`);
  }
  return last;
}
