import { AppError } from '../shared/errors/app-error.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { Span, TraceIds } from '../shared/telemetry/tracing.ts';
import { ATTRIBUTE } from '../shared/telemetry/semantics.ts';
import type { AgentIdentity, ModelCall } from './agents/agent.ts';
import type { ChatEvents } from './chat/chat-events.ts';
import type { WorkerEvent } from './chat/chat-log.ts';
import type { ChatTrace } from './chat-trace.ts';
import type { Turn } from './inspection/turns.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { ChatLogWatch, EarlierAttempts } from './outbound/bus-chat-log.ts';

/** Which chat an event is about. Ids are fields of a line, never part of its text or of a label. */
export interface ChatIds {
  readonly sessionId: string;
  readonly requestId: string;
  /** When the request was stored in the queue, milliseconds since the epoch. */
  readonly queuedAtMs: number;
  /** Undefined while nothing exports traces. */
  readonly trace: ChatTrace | undefined;
  /** What operators are told of it. */
  readonly turn: Turn;
}

/** Of the pauses between two chunks one in so many is timed: the clock and a histogram cost 0.3 µs. */
const CHUNKS_PER_SAMPLE = 16;

type Arguments<Name extends keyof ChatEvents> = Parameters<NonNullable<ChatEvents[Name]>>[0];

/** All that is told of one worker's turn at one chat: its log lines, its metrics, its part of the trace. */
export class ChatRecord implements ChatEvents, ChatLogWatch {
  readonly #logger: Logger;
  readonly #metrics: WorkerMetrics;
  readonly #trace: ChatTrace | undefined;
  readonly #turn: Turn;
  readonly #fields: ReturnType<typeof fieldsOf>;
  readonly #queuedAtMs: number;
  #earlier: EarlierAttempts = { claims: 0, contexts: [], lastStoredAtMs: 0 };
  #claimedAtMs = 0;
  #chunkAtMs = 0;

  constructor(logger: Logger, metrics: WorkerMetrics, chat: ChatIds) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#trace = chat.trace;
    this.#turn = chat.turn;
    this.#fields = fieldsOf(chat);
    this.#queuedAtMs = chat.queuedAtMs;
  }

  dropped(reason: Arguments<'dropped'>): void {
    this.#metrics.itemsDropped.add(reason);
    this.#turn.outcome = `dropped: ${reason}`;
    this.#trace?.outcome(reason);
    this.#logger.info({ ...this.#fields, reason }, 'queue item dropped');
  }

  claimed(claim: Arguments<'claimed'>): void {
    const { attempt, waitedMs, chunksBefore } = claim;
    const { claims, contexts, lastStoredAtMs } = this.#earlier;
    const kind = claims === 0 ? 'first' : attempt > 1 ? 'takeover' : 'continued';
    this.#metrics.claims.add(kind);
    if (kind === 'first') this.#metrics.queueWait.record(Math.max(0, waitedMs) / 1_000);
    if (kind === 'takeover') {
      this.#metrics.takeoverPause.record(Math.max(0, Date.now() - lastStoredAtMs) / 1_000);
    }
    this.#claimedAtMs = performance.now();
    this.#turn.attempt = attempt;
    this.#trace?.claimed(claim, kind, contexts);
    this.#logger.info(
      { ...this.#fields, attempt, waited_ms: waitedMs, chunks_before: chunksBefore },
      'chat claimed',
    );
  }

  answering(identity: AgentIdentity): void {
    this.#turn.agent = identity.id;
    this.#trace?.answering(identity);
  }

  restarted(attempt: number): void {
    this.#metrics.restarts.add();
    this.#trace?.restarted();
    this.#logger.warn({ ...this.#fields, attempt }, 'answer restarted');
  }

  tokensUsed({ prompt, completion }: Arguments<'tokensUsed'>): void {
    this.#metrics.modelTokens.record(prompt, 'input');
    this.#metrics.modelTokens.record(completion, 'output');
    this.#logger.info({ ...this.#fields, prompt, completion }, 'model tokens');
  }

  toolsCalled(names: readonly string[]): void {
    this.#metrics.toolCalls.add(names.length);
    this.#logger.debug({ ...this.#fields, tools: names }, 'looked up');
  }

  retried({ reason, waitMs }: Arguments<'retried'>): void {
    this.#metrics.modelRetries.add();
    this.#logger.warn({ ...this.#fields, reason, wait_ms: waitMs }, 'model asked again');
  }

  modelAsked(model: string): ModelCall {
    return new ToldModelCall(this.#metrics, this.#trace?.modelAsked(model));
  }

  firstChunk(): void {
    this.#metrics.agentFirstChunk.record((performance.now() - this.#claimedAtMs) / 1_000);
    this.#turn.first_chunk_at_ms = Date.now();
    this.#trace?.firstChunk();
    this.#logger.debug({ ...this.#fields, ...this.#sinceQueued() }, 'first chunk');
  }

  completed({ status, agentId, chunks }: Arguments<'completed'>): void {
    this.#metrics.chatsEnded.add(status);
    this.#turn.outcome = status;
    this.#trace?.outcome(status, chunks);
    this.#logger.info(
      { ...this.#fields, ...this.#sinceQueued(), status, agent: agentId, chunks },
      'chat complete',
    );
  }

  failed({ reason, agentId, chunks, cause }: Arguments<'failed'>): void {
    this.#metrics.chatsEnded.add('failed');
    this.#metrics.chatFailures.addOther(reason);
    this.#turn.outcome = `failed: ${reason}`;
    this.#trace?.outcome('failed', chunks);
    this.#trace?.fail(reason);
    this.#logger.warn(
      { ...this.#fields, ...this.#sinceQueued(), reason, agent: agentId, chunks, ...causeOf(cause) },
      'chat failed',
    );
  }

  handedOver(why: Arguments<'handedOver'>): void {
    this.#metrics.handedOver.add(why);
    this.#turn.outcome = `handed over: ${why}`;
    this.#trace?.handedOver(why);
    this.#logger.info({ ...this.#fields, why }, 'chat handed over');
  }

  get headers(): Readonly<Record<string, string>> | undefined {
    return this.#trace?.headers;
  }

  reading(): Span | undefined {
    return this.#trace?.readingLog();
  }

  found(log: EarlierAttempts): void {
    this.#earlier = log;
  }

  writing(type: WorkerEvent['type']): Span | undefined {
    return this.#trace?.writing(type);
  }

  stored(type: WorkerEvent['type']): void {
    if (type !== 'chat') return;
    this.#metrics.chunks.add();
    this.#turn.chunks += 1;
    const place = this.#turn.chunks % CHUNKS_PER_SAMPLE;
    if (place === 1) this.#chunkAtMs = performance.now();
    else if (place === 2) {
      this.#metrics.chunkInterval.record((performance.now() - this.#chunkAtMs) / 1_000);
    }
  }

  #sinceQueued(): { ms: number } {
    return { ms: Date.now() - this.#queuedAtMs };
  }
}

/** One request to a model's server. */
class ToldModelCall implements ModelCall {
  readonly #metrics: WorkerMetrics;
  readonly #span: Span | undefined;
  readonly #startedMs = performance.now();
  #hasPiece = false;

  constructor(metrics: WorkerMetrics, span: Span | undefined) {
    this.#metrics = metrics;
    this.#span = span;
  }

  firstPiece(): void {
    if (this.#hasPiece) return;
    this.#hasPiece = true;
    this.#metrics.modelFirstChunk.record((performance.now() - this.#startedMs) / 1_000);
    this.#span?.event('first_chunk');
  }

  ended({ finishReason, tokens }: Parameters<ModelCall['ended']>[0]): void {
    this.#metrics.modelDuration.record((performance.now() - this.#startedMs) / 1_000, 'completed');
    this.#span?.set({
      ...(finishReason === undefined ? {} : { [ATTRIBUTE.genAiFinishReasons]: [finishReason] }),
      ...(tokens === undefined
        ? {}
        : { [ATTRIBUTE.genAiInputTokens]: tokens.prompt, [ATTRIBUTE.genAiOutputTokens]: tokens.completion }),
    });
    this.#span?.end();
  }

  failed(error: unknown): void {
    this.#metrics.modelDuration.record((performance.now() - this.#startedMs) / 1_000, 'failed');
    this.#span?.fail(error);
    this.#span?.end();
  }
}

/** The fields of a line about a chat. */
export function fieldsOf({ sessionId, requestId, trace }: ChatIds): {
  readonly session_id: string;
  readonly request_id: string;
} & Partial<TraceIds> {
  return { session_id: sessionId, request_id: requestId, ...trace?.ids };
}

/** Errors of ours say nothing a person wrote; of any other only the kind is told. */
function causeOf(cause: unknown): { error?: string } {
  if (cause === undefined) return {};
  if (cause instanceof AppError) return { error: `${cause.code}: ${cause.message}` };
  return { error: cause instanceof Error ? cause.name : typeof cause };
}
