import type { AgentIdentity } from './agents/agent.ts';
import type { WorkerEvent } from './chat/chat-log.ts';
import { ATTRIBUTE, messageAttributes, SPAN, SPAN_EVENT } from '../shared/telemetry/semantics.ts';
import type { TraceContext } from '../shared/telemetry/trace-context.ts';
import type { Span, TraceIds, Tracing } from '../shared/telemetry/tracing.ts';
import { WORKER_CONSUMER } from '../shared/bus-protocol/streams.ts';

export interface TakenItem {
  readonly sessionId: string;
  readonly requestId: string;
  readonly deliveryCount: number;
  /** What the gateway sent with it. */
  readonly context: TraceContext | undefined;
}

const CHAT_LOG = 'session.{session}.chat.{request}';
const CHAT_REQUEST = 'chat.request.{session}.{request}';

/**
 * One worker's part of a chat's trace: the item it took, and below it what it did with it. There is no such
 * object while nothing exports traces. Nothing in here is called for a chunk but the first.
 */
export class ChatTrace {
  readonly #process: Span;
  readonly #ids: Pick<TakenItem, 'sessionId' | 'requestId'>;
  #agent: Span | undefined;

  constructor(tracing: Tracing, item: TakenItem) {
    this.#ids = item;
    this.#process = tracing.start(SPAN.processRequest, {
      kind: 'consumer',
      parent: item.context,
      attributes: {
        ...messageAttributes('process', 'process', CHAT_REQUEST),
        [ATTRIBUTE.sessionId]: item.sessionId,
        [ATTRIBUTE.messagingConversation]: item.requestId,
        [ATTRIBUTE.messagingConsumerGroup]: WORKER_CONSUMER,
        [ATTRIBUTE.messagingDeliveries]: item.deliveryCount,
      },
    });
  }

  get ids(): TraceIds {
    return this.#process.ids;
  }

  /** What events of the log carry, so that who reads them later finds this attempt. */
  get headers(): Readonly<Record<string, string>> {
    return this.#process.headers;
  }

  /** Looking what became of the chat so far. */
  readingLog(): Span {
    return this.#process.start(SPAN.readLog, {
      kind: 'client',
      attributes: messageAttributes('receive', 'receive', CHAT_LOG),
    });
  }

  /** An event of the log is being written; undefined for chunks, which have no span. */
  writing(type: WorkerEvent['type']): Span | undefined {
    switch (type) {
      case 'claim':
        return this.#writing(SPAN.claim, 'claim');
      case 'error':
        this.#agent?.fail('agent_failed');
        this.#endAgent();
        return this.#writing(SPAN.appendEvent, 'publish');
      case 'chat_complete':
        this.#endAgent();
        return this.#writing(SPAN.appendEvent, 'publish');
      case 'chat':
      case 'chat_restart':
      case 'handover':
      case 'tool_calls':
        return undefined;
    }
  }

  claimed(
    claim: { readonly attempt: number; readonly waitedMs: number; readonly chunksBefore: number },
    kind: 'first' | 'continued' | 'takeover',
    earlier: readonly TraceContext[],
  ): void {
    this.#process.set({
      [ATTRIBUTE.attempt]: claim.attempt,
      [ATTRIBUTE.queueWaitMs]: claim.waitedMs,
      [ATTRIBUTE.chunksBefore]: claim.chunksBefore,
    });
    if (kind !== 'first') {
      this.#process.event(kind === 'takeover' ? SPAN_EVENT.takeover : SPAN_EVENT.continued, {
        [ATTRIBUTE.attempt]: claim.attempt,
        [ATTRIBUTE.chunksBefore]: claim.chunksBefore,
      });
    }
    for (const context of earlier) this.#process.link(context);
  }

  answering({ id, name }: AgentIdentity): void {
    this.#agent = this.#process.start(SPAN.agent(id), {
      attributes: {
        [ATTRIBUTE.genAiOperation]: 'invoke_agent',
        [ATTRIBUTE.genAiAgentId]: id,
        [ATTRIBUTE.genAiAgentName]: name,
        [ATTRIBUTE.genAiConversation]: this.#ids.sessionId,
      },
    });
  }

  /** A request to a model's server: a part of the agent's work. */
  modelAsked(model: string): Span {
    return (this.#agent ?? this.#process).start(SPAN.model(model), {
      kind: 'client',
      attributes: {
        [ATTRIBUTE.genAiOperation]: 'chat',
        [ATTRIBUTE.genAiProvider]: 'openai',
        [ATTRIBUTE.genAiRequestModel]: model,
        [ATTRIBUTE.genAiConversation]: this.#ids.sessionId,
      },
    });
  }

  firstChunk(): void {
    (this.#agent ?? this.#process).event(SPAN_EVENT.firstChunk);
  }

  restarted(): void {
    this.#process.event(SPAN_EVENT.restart);
  }

  handedOver(why: string): void {
    this.#process.event(SPAN_EVENT.handover, { [ATTRIBUTE.reason]: why });
  }

  /** How the chat ended, or what was left to do of it. */
  outcome(outcome: string, chunks?: number): void {
    this.#process.set({
      [ATTRIBUTE.outcome]: outcome,
      ...(chunks === undefined ? {} : { [ATTRIBUTE.chunks]: chunks }),
    });
  }

  fenced(): void {
    this.#process.event(SPAN_EVENT.fence);
  }

  /** The chat failed, or this worker did over it. */
  fail(error: unknown): void {
    this.#agent?.fail(error);
    this.#process.fail(error);
  }

  /** The last word to the queue. */
  settling(): Span {
    return this.#process.start(SPAN.settle, {
      kind: 'client',
      attributes: messageAttributes('ack', 'settle', CHAT_REQUEST),
    });
  }

  end(): void {
    this.#endAgent();
    this.#process.end();
  }

  #writing(name: string, operation: string): Span {
    return this.#process.start(name, {
      kind: 'producer',
      attributes: messageAttributes(operation, 'send', CHAT_LOG),
    });
  }

  #endAgent(): void {
    this.#agent?.end();
    this.#agent = undefined;
  }
}
