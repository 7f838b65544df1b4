import type { BusStatus, QueueItem } from '../shared/bus/bus.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { traceContextOf } from '../shared/telemetry/trace-context.ts';
import type { Tracing } from '../shared/telemetry/tracing.ts';
import { ChatRecord, fieldsOf, type ChatIds } from './chat-record.ts';
import { ChatTrace } from './chat-trace.ts';
import type { WorkerMetrics } from './metrics.ts';

/**
 * Everything that happens in a worker and that an operator may want to know, one function each: its
 * log line, its metric, its place in a trace. What people and agents wrote is in none of it.
 */
export class WorkerEvents {
  readonly #logger: Logger;
  readonly #metrics: WorkerMetrics;
  readonly #tracing: Tracing | undefined;

  constructor(logger: Logger, metrics: WorkerMetrics, tracing: Tracing | undefined) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#tracing = tracing;
  }

  /** This worker's part of a chat's trace; undefined while nothing exports traces. */
  trace(item: QueueItem, chat: { sessionId: string; requestId: string }): ChatTrace | undefined {
    if (this.#tracing === undefined) return undefined;
    const context = traceContextOf((name) => item.header(name));
    return new ChatTrace(this.#tracing, { ...chat, deliveryCount: item.deliveryCount, context });
  }

  /** Ready again, when nothing is in the way. */
  readinessChanged(unmet: readonly string[]): void {
    if (unmet.length === 0) this.#logger.info('ready');
    else this.#logger.warn({ unmet }, 'not ready');
  }

  brokerAnswered(tookMs: number): void {
    this.#metrics.roundTrip.record(tookMs / 1_000);
  }

  /** A try to store a message was not confirmed and is repeated. */
  publishRetried(): void {
    this.#metrics.publishRetries.add();
  }

  started(worker: {
    workerId: string;
    adminUrl: string;
    brokerVersion: string;
    /** Undefined: the built-in agent answers. */
    model: string | undefined;
  }): void {
    const { workerId, adminUrl, brokerVersion, model } = worker;
    const agent = model === undefined ? { agent: 'built-in' } : { agent: 'model', model };
    this.#logger.info(
      { worker: workerId, admin_url: adminUrl, broker: brokerVersion, ...agent },
      'taking chats',
    );
  }

  draining(running: number): void {
    this.#logger.info({ running }, 'draining');
  }

  drained(abandoned: number): void {
    if (abandoned === 0) this.#logger.info('drained');
    else this.#logger.warn({ abandoned }, 'drained, chats left to the acknowledgement deadline');
  }

  waitingForBroker(error: unknown): void {
    this.#logger.warn({ error: describe(error) }, 'waiting for the broker');
  }

  brokerStatusChanged(status: BusStatus): void {
    if (status === 'connected') this.#metrics.reconnects.add();
    this.#logger[status === 'connected' ? 'info' : 'warn']({ status }, 'broker connection');
  }

  handlerFailed(subject: string, error: unknown): void {
    this.#metrics.handlersFailed.add();
    this.#logger.error({ subject, err: error }, 'handler of a live message failed');
  }

  pullFailed(error: unknown): void {
    this.#metrics.pullFailures.add();
    this.#logger.warn({ error: describe(error) }, 'queue not reached');
  }

  /** An item whose subject names no chat: nobody waits for it. */
  itemRefused(item: number): void {
    this.#metrics.itemsDropped.add('no_chat');
    this.#logger.warn({ item }, 'queue item without a chat');
  }

  fenced(chat: ChatIds): void {
    this.#metrics.fenced.add();
    chat.turn.outcome = 'fenced';
    chat.trace?.fenced();
    chat.trace?.fail('FENCED');
    this.#logger.warn(fieldsOf(chat), 'fenced: another worker runs the chat');
  }

  /** The broker did not confirm: the queue delivers the chat again. */
  gaveUp(chat: ChatIds, error: unknown): void {
    this.#metrics.givenUp.add();
    chat.turn.outcome = 'given up: the broker did not confirm';
    chat.trace?.fail(error);
    this.#logger.warn({ ...fieldsOf(chat), error: describe(error) }, 'chat given up, to be delivered again');
  }

  /** A defect of ours: the chat is delivered again, until its attempts are used up. */
  runFailed(chat: ChatIds, error: unknown): void {
    this.#metrics.runFailures.add();
    chat.turn.outcome = 'failed: a defect';
    chat.trace?.fail(error);
    this.#logger.error({ ...fieldsOf(chat), err: error }, 'chat run failed');
  }

  /** Harmless: the item comes again and finds the end in the log. */
  ackLost(chat: ChatIds, error: unknown): void {
    this.#metrics.acksLost.add();
    this.#logger.warn({ ...fieldsOf(chat), error: describe(error) }, 'acknowledgement not confirmed');
  }

  /** The events of one chat. */
  ofChat(chat: ChatIds): ChatRecord {
    return new ChatRecord(this.#logger, this.#metrics, chat);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
