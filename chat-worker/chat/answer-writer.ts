import { CannotContinueError, type Agent, type AgentIdentity, type AgentRequest } from '../agents/agent.ts';
import type { Answer } from './answer.ts';
import type { ChatEvents } from './chat-events.ts';
import type { ChatLog } from './chat-log.ts';
import { AgentFailure, agentCall, PendingText } from './pending-text.ts';

export interface AnswerTask {
  readonly requestId: string;
  readonly identity: AgentIdentity;
  readonly request: AgentRequest;
  /** What a restart is numbered by: it grows with every claim, also after a handover. */
  readonly claims: number;
}

/**
 * Writes what the agent says to the log, after what is there already, or from the beginning where the agent
 * can't go on after that.
 * @throws AgentFailure
 * @throws AnswerTooLongError
 * @throws the reason of the request's signal
 */
export class AnswerWriter {
  readonly #agent: Agent;
  readonly #log: ChatLog;
  readonly #answer: Answer;
  readonly #events: ChatEvents;

  constructor(agent: Agent, log: ChatLog, answer: Answer, events: ChatEvents) {
    this.#agent = agent;
    this.#log = log;
    this.#answer = answer;
    this.#events = events;
  }

  async write(task: AnswerTask): Promise<void> {
    const { text, chunks } = this.#answer;
    try {
      await this.#writeAfter(text, task);
    } catch (error) {
      const cannotContinue = error instanceof AgentFailure && error.cause instanceof CannotContinueError;
      if (!cannotContinue || chunks === 0 || this.#answer.chunks > chunks) throw error;
      await this.#restart(task);
      await this.#writeAfter('', task);
    }
  }

  async #restart({ requestId, claims }: AnswerTask): Promise<void> {
    await this.#log.append({ type: 'chat_restart', data: { request_id: requestId, attempt: claims } });
    this.#answer.startAgain();
    this.#events.restarted(claims);
  }

  /** One chunk is being written at a time; what the agent says meanwhile is the next one. */
  async #writeAfter(after: string, task: AnswerTask): Promise<void> {
    const { identity, request } = task;
    request.signal.throwIfAborted();
    const pieces = agentCall(() => this.#agent.answer(request, identity, after));
    const pending = new PendingText(pieces, request.signal);
    try {
      for (;;) {
        const content = await pending.take(this.#answer.nextChunkBytes);
        if (content === undefined) return;
        await this.#writeChunk(content, task);
      }
    } finally {
      pending.close();
    }
  }

  async #writeChunk(content: string, { requestId, identity }: AnswerTask): Promise<void> {
    const index = this.#answer.add(content);
    await this.#log.append({
      type: 'chat',
      data: {
        role: 'assistant',
        content,
        agent_id: identity.id,
        agent_name: identity.name,
        chunk: true,
        request_id: requestId,
        chunk_index: index,
      },
    });
    if (index === 0) this.#events.firstChunk();
  }
}
