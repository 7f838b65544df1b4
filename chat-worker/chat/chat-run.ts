import { AppError } from '../../shared/errors/app-error.ts';
import { ERROR_TEXTS } from '../../shared/socket-protocol/protocol-error.ts';
import type { Agent, AgentIdentity, Conversation, InvestigationReader } from '../agents/agent.ts';
import { Answer, AnswerTooLongError } from './answer.ts';
import { AnswerWriter, type AnswerTask } from './answer-writer.ts';
import type { ChatEvents } from './chat-events.ts';
import type { ChatLog } from './chat-log.ts';
import { ChatStopped, type StopCause } from './chat-stopped.ts';
import type { LoggedChat } from './logged-chat.ts';
import { AgentFailure, agentCall } from './pending-text.ts';
import type { QueuedChat, RequestedChat } from './queued-chat.ts';
import { judge, refusal, type Failure } from './verdict.ts';

/** `settled`: nothing is left to do. `given_back`: another worker may go on at once. */
export type ChatOutcome = 'settled' | 'given_back';

export interface ChatPorts {
  readonly log: ChatLog;
  readonly agent: Agent;
  readonly events: ChatEvents;
  /** Whether somebody wants the chat to end, from the leader. @throws UnavailableError */
  readonly cancelRequested: () => Promise<boolean>;
  /** Whether the session was erased since it was asked, from the leader. @throws UnavailableError */
  readonly forgotten: () => Promise<boolean>;
  /** The present end of what answers may draw on. @throws UnavailableError */
  readonly investigationsEnd: () => Promise<number>;
  readonly investigationsAsOf: (asOf: number, request: RequestedChat) => InvestigationReader;
  /** What was said in the session before. */
  readonly conversation: Conversation;
}

export interface ChatSettings {
  readonly workerId: string;
  readonly queueMaxWaitMs: number;
}

type End =
  | { readonly kind: 'completed' | 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly cause?: unknown };

/**
 * One worker's turn at one chat: claims it, writes the answer after what is in the log, and ends it. The
 * log decides everything; a worker that finds itself fenced simply leaves, by the error.
 */
export class ChatRun {
  readonly #chat: QueuedChat;
  readonly #ports: ChatPorts;
  readonly #settings: ChatSettings;
  readonly #stopping = new AbortController();
  readonly #answer = new Answer();
  #identity: AgentIdentity | undefined;

  constructor(chat: QueuedChat, ports: ChatPorts, settings: ChatSettings) {
    this.#chat = chat;
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Ends the agent's work; what is being written is finished first. Only the first cause counts. */
  stop(why: StopCause): void {
    this.#stopping.abort(new ChatStopped(why));
  }

  /**
   * @throws FencedError another worker runs the chat
   * @throws UnavailableError the broker did not confirm: whoever gets the chat next finds the truth in the log
   */
  async run(): Promise<ChatOutcome> {
    try {
      return await this.#run();
    } finally {
      // However it ends, fenced or given up too: the agent works for nobody now.
      this.#stopping.abort();
    }
  }

  async #run(): Promise<ChatOutcome> {
    // Asked for together: each request one after the other is a part of the wait for the first chunk.
    const investigationsEnd = this.#ports.investigationsEnd();
    // Only a first claim needs it, and waits for it.
    investigationsEnd.catch(() => undefined);
    const log = await this.#readAccepted();
    if (log === undefined) {
      this.#ports.events.dropped('forgotten');
      return 'settled';
    }
    const verdict = judge(log, this.#chat);
    this.#answer.continueAfter(log.text, log.chunks);
    switch (verdict.kind) {
      case 'drop':
        this.#ports.events.dropped(verdict.reason);
        return 'settled';
      case 'accept':
        throw new AppError('LOG_VANISHED', 'The log lost its first event', { retryable: true });
      case 'fail':
        return this.#end({ kind: 'failed', failure: verdict.failure });
      case 'claim':
        if (this.#isLeaving()) return 'given_back';
        return this.#answerClaimed(log, verdict.attempt, log.asOf ?? (await investigationsEnd));
    }
  }

  /**
   * The log, with its first event written if the gateway has not got round to it. Undefined when the session
   * was erased: nothing of the chat is written any more.
   */
  async #readAccepted(): Promise<LoggedChat | undefined> {
    // The log last: its first event is on its way from the gateway, and need not be written if it is there.
    const [forgotten, log] = await Promise.all([this.#ports.forgotten(), this.#ports.log.read()]);
    if (forgotten) return undefined;
    if (judge(log, this.#chat).kind !== 'accept') return log;
    const accepted = this.#chat.request()?.accepted;
    return accepted === undefined ? this.#ports.log.read() : this.#ports.log.accept(accepted);
  }

  async #answerClaimed(log: LoggedChat, attempt: number, asOf: number): Promise<ChatOutcome> {
    const { workerId, queueMaxWaitMs } = this.#settings;
    const claim = this.#ports.log.append({
      type: 'claim',
      data: { attempt, worker: workerId, item: this.#chat.item, as_of: asOf },
    });
    const reason = this.#reasonNotToAnswer();
    // Whoever is fenced does not ask.
    reason.catch(() => undefined);
    await claim;
    this.#ports.events.claimed({ attempt, waitedMs: this.#chat.waitedMs, chunksBefore: log.chunks });

    const failure = refusal(log, this.#chat, queueMaxWaitMs);
    if (failure !== undefined) return this.#end({ kind: 'failed', failure });
    const result = await this.#generate(log, asOf, reason);
    if (!(result instanceof ChatStopped)) return this.#end(result);
    if (result.why === 'cancelled') return this.#end({ kind: 'cancelled' });
    if (result.why === 'forgotten') {
      this.#ports.events.dropped('forgotten');
      return 'settled';
    }
    await this.#ports.log.append({ type: 'handover', data: { worker: workerId } });
    this.#ports.events.handedOver(result.why);
    return 'given_back';
  }

  /**
   * Asked while the claim is on its way: the log has its first event by now. So an erasure that began before
   * is known here, and a later one finds that event, erases the chat with our claim, and fences us. A cancel
   * of after this is heard live, and looked for again.
   */
  async #reasonNotToAnswer(): Promise<'cancelled' | 'forgotten' | undefined> {
    const { cancelRequested, forgotten } = this.#ports;
    const [isCancelled, isForgotten] = await Promise.all([cancelRequested(), forgotten()]);
    if (isForgotten) return 'forgotten';
    return isCancelled ? 'cancelled' : undefined;
  }

  /** How the answer ended, or what stopped it. Errors of the log pass through. */
  async #generate(
    log: LoggedChat,
    asOf: number,
    reasonNotTo: Promise<'cancelled' | 'forgotten' | undefined>,
  ): Promise<End | ChatStopped> {
    const { agent, log: writer, events } = this.#ports;
    try {
      const task = this.#taskFor(log, asOf);
      this.#identity = task.identity;
      const reason = await reasonNotTo;
      if (reason !== undefined) return new ChatStopped(reason);
      events.answering(task.identity);
      await new AnswerWriter(agent, writer, this.#answer, events).write(task);
      return { kind: 'completed' };
    } catch (error) {
      if (error instanceof ChatStopped) return error;
      if (error instanceof AnswerTooLongError) {
        return { kind: 'failed', failure: { reason: 'answer_too_long', retryable: false } };
      }
      if (!(error instanceof AgentFailure)) throw error;
      const { cause } = error;
      const retryable = cause instanceof AppError ? cause.retryable : true;
      return { kind: 'failed', failure: { reason: 'agent_failed', retryable }, cause };
    }
  }

  #taskFor(log: LoggedChat, asOf: number): AnswerTask {
    const requested = this.#chat.request();
    const { message } = log;
    if (requested === undefined || message === undefined) {
      throw new AppError('CHAT_NOT_REFUSED', 'There is no question to answer', { retryable: false });
    }
    const question = { message, agentId: requested.agentId };
    return {
      requestId: this.#chat.requestId,
      identity: agentCall(() => this.#ports.agent.route(question)),
      request: {
        ...question,
        userName: log.userName,
        subscribedInvestigationIds: requested.subscriptions,
        investigations: this.#ports.investigationsAsOf(asOf, requested),
        conversation: this.#ports.conversation,
        events: this.#ports.events,
        signal: this.#stopping.signal,
      },
      toolRounds: log.toolRounds,
      claims: log.claims + 1,
    };
  }

  /** A cancel that was stored before the end wins over it. */
  async #end(wanted: End): Promise<ChatOutcome> {
    const cancelled = wanted.kind === 'cancelled' || (await this.#ports.cancelRequested());
    const end: End = cancelled ? { kind: 'cancelled' } : wanted;
    if (end.kind === 'failed') await this.#writeFailure(end.failure, end.cause);
    else await this.#writeComplete(end.kind);
    return 'settled';
  }

  async #writeComplete(status: 'completed' | 'cancelled'): Promise<void> {
    await this.#ports.log.append({
      type: 'chat_complete',
      data: {
        status,
        request_id: this.#chat.requestId,
        agent_id: this.#identity?.id ?? null,
        agent_name: this.#identity?.name ?? null,
        content: this.#answer.text,
        is_complete: true,
      },
    });
    this.#ports.events.completed({ ...this.#figures(), status });
  }

  async #writeFailure({ reason, retryable }: Failure, cause: unknown): Promise<void> {
    const message = ERROR_TEXTS.CHAT_FAILED;
    await this.#ports.log.append({
      type: 'error',
      data: { code: 'CHAT_FAILED', message, request_id: this.#chat.requestId, retryable },
    });
    this.#ports.events.failed({ ...this.#figures(), reason, cause });
  }

  #figures(): { agentId: string | undefined; chunks: number } {
    return { agentId: this.#identity?.id, chunks: this.#answer.chunks };
  }

  /** Whether this worker leaves the chat to another, rather than to end it. */
  #isLeaving(): boolean {
    const reason: unknown = this.#stopping.signal.reason;
    return reason instanceof ChatStopped && reason.why !== 'cancelled';
  }
}
