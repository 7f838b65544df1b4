import type { Bus, QueueItem } from '../../shared/bus/bus.ts';
import { FencedError } from '../../shared/bus/bus-errors.ts';
import { parseChatRequestSubject } from '../../shared/bus-protocol/subjects.ts';
import { AppError } from '../../shared/errors/app-error.ts';
import { within } from '../../shared/telemetry/tracing.ts';
import type { Agent } from '../agents/agent.ts';
import { ChatRun } from '../chat/chat-run.ts';
import type { QueuedChat, RequestedChat } from '../chat/queued-chat.ts';
import type { ChatIds } from '../chat-record.ts';
import type { WorkerEvents } from '../events.ts';
import { newTurn, Turns } from '../inspection/turns.ts';
import { BusChatLog } from '../outbound/bus-chat-log.ts';
import type { CancelListener } from './cancel-listener.ts';
import { wasErasedSince } from './erasure-mark.ts';
import { Heartbeat } from './heartbeat.ts';
import { readPatiently } from './read-patiently.ts';
import { readRequest } from './read-request.ts';
import { StoredConversation } from './stored-conversation.ts';
import { StoredInvestigations } from './stored-investigations.ts';

export interface RunningChatsPorts {
  readonly bus: Bus;
  readonly cancels: CancelListener;
  readonly agent: Agent;
  readonly events: WorkerEvents;
}

export interface RunningChatsSettings {
  readonly workerId: string;
  readonly ackWaitMs: number;
  readonly queueMaxWaitMs: number;
  readonly investigationAccess: 'public' | 'claim';
}

/** The chats this worker runs: from a queue item to the word to the queue about it. */
export class RunningChats {
  readonly #ports: RunningChatsPorts;
  readonly #settings: RunningChatsSettings;
  /** What it has done lately. */
  readonly turns = new Turns();
  readonly #runs = new Set<ChatRun>();
  readonly #abandoned = new AbortController();

  constructor(ports: RunningChatsPorts, settings: RunningChatsSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** Stops every agent and gives the chats to other workers. */
  handOver(): void {
    for (const run of this.#runs) run.stop('draining');
  }

  /** Leaves every chat as it is, without a word: the queue delivers it again after the ack wait. */
  abandon(): void {
    this.#abandoned.abort();
    this.handOver();
  }

  /** Runs one chat to its end. Never rejects: what goes wrong is told, and left to the next delivery. */
  async take(item: QueueItem): Promise<void> {
    const names = parseChatRequestSubject(item.subject);
    if (names === undefined) {
      this.#ports.events.itemRefused(item.sequence);
      const nobody = { sessionId: '', requestId: '' };
      const turn = newTurn(item, nobody);
      await this.#acknowledge(item, { ...nobody, queuedAtMs: 0, trace: undefined, turn });
      return;
    }
    const turn = newTurn(item, names);
    const ids = { ...names, queuedAtMs: item.storedAtMs, trace: this.#ports.events.trace(item, names), turn };
    this.turns.begin(turn);
    try {
      if ((await this.#run(item, ids)) === 'given_back') item.giveBack();
      else await this.#acknowledge(item, ids);
    } catch (error) {
      this.#report(ids, error);
    } finally {
      this.turns.end(turn);
      ids.trace?.end();
    }
  }

  async #run(item: QueueItem, ids: ChatIds): Promise<'settled' | 'given_back'> {
    const { bus, cancels, agent, events } = this.#ports;
    const { sessionId, requestId } = ids;
    const chatEvents = events.ofChat(ids);
    const log = new BusChatLog(bus, sessionId, requestId, this.#abandoned.signal, chatEvents);
    const cancelRequested = (): Promise<boolean> => cancels.isRequested(sessionId, requestId);
    // A broker that is away for a moment is no reason to lose an attempt.
    const patiently = <Result>(read: () => Promise<Result>): Promise<Result> =>
      readPatiently(read, this.#abandoned.signal);
    const run = new ChatRun(
      queuedChat(item, ids),
      {
        log,
        agent,
        events: chatEvents,
        cancelRequested: () => patiently(cancelRequested),
        forgotten: () => patiently(() => wasErasedSince(bus, sessionId, item.storedAtMs)),
        investigationsEnd: async () => (await bus.bounds('INVESTIGATIONS')).last,
        investigationsAsOf: (asOf, request) => this.#investigations(asOf, request),
        conversation: new StoredConversation(bus, sessionId, requestId),
      },
      this.#settings,
    );
    const cancel = (): void => run.stop('cancelled');
    const unlisten = cancels.listen(sessionId, requestId, cancel);
    const heartbeat = new Heartbeat({
      ackWaitMs: this.#settings.ackWaitMs,
      tellQueue: () => {
        if (!this.#abandoned.signal.aborted) item.working();
      },
      cancelRequested,
      onCancelled: cancel,
      written: () => log.written,
      onSilence: () => run.stop('broker_silent'),
    });
    this.#runs.add(run);
    try {
      return await run.run();
    } finally {
      this.#runs.delete(run);
      heartbeat[Symbol.dispose]();
      unlisten();
    }
  }

  #investigations(asOf: number, { allowedInvestigations }: RequestedChat): StoredInvestigations {
    const all = this.#settings.investigationAccess === 'public' || allowedInvestigations.includes('*');
    return new StoredInvestigations(this.#ports.bus, {
      asOf,
      allows: (investigationId) => all || allowedInvestigations.includes(investigationId),
    });
  }

  async #acknowledge(item: QueueItem, ids: ChatIds): Promise<void> {
    try {
      await within(ids.trace?.settling(), () => item.done());
    } catch (error) {
      this.#ports.events.ackLost(ids, error);
    }
  }

  #report(ids: ChatIds, error: unknown): void {
    const { events } = this.#ports;
    if (error instanceof FencedError) events.fenced(ids);
    else if (this.#abandoned.signal.aborted || (error instanceof AppError && error.retryable)) {
      events.gaveUp(ids, error);
    } else events.runFailed(ids, error);
  }
}

function queuedChat(item: QueueItem, { sessionId, requestId }: ChatIds): QueuedChat {
  let read: { request: RequestedChat | undefined } | undefined;
  return {
    sessionId,
    requestId,
    item: item.sequence,
    deliveryCount: item.deliveryCount,
    waitedMs: Date.now() - item.storedAtMs,
    request: () => (read ??= { request: readRequest(item.data, requestId) }).request,
  };
}
