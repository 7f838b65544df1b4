import {
  CannotContinueError,
  type Agent,
  type AgentIdentity,
  type AgentRequest,
  type ToolCall,
  type ToolRound,
} from '../agents/agent.ts';
import type { Answer } from './answer.ts';
import type { ChatEvents } from './chat-events.ts';
import type { ChatLog } from './chat-log.ts';
import { beforeAnyText } from './logged-chat.ts';
import { AgentFailure, agentCall, PendingText } from './pending-text.ts';
import { PendingToolCalls } from './pending-tool-calls.ts';

export interface AnswerTask {
  readonly requestId: string;
  readonly identity: AgentIdentity;
  readonly request: Omit<AgentRequest, 'journal'>;
  /** What the agent has looked up so far. */
  readonly toolRounds: readonly ToolRound[];
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
      await this.#writeAfter('', { ...task, toolRounds: beforeAnyText(task.toolRounds) });
    }
  }

  async #restart({ requestId, claims }: AnswerTask): Promise<void> {
    await this.#log.append({ type: 'chat_restart', data: { request_id: requestId, attempt: claims } });
    this.#answer.startAgain();
    this.#events.restarted(claims);
  }

  /** One chunk is being written at a time; what the agent says meanwhile is the next one. */
  async #writeAfter(after: string, task: AnswerTask): Promise<void> {
    const { identity, toolRounds } = task;
    const toolCalls = new PendingToolCalls();
    const record = (calls: readonly ToolCall[]): Promise<void> => toolCalls.record(calls);
    const request = { ...task.request, journal: { rounds: toolRounds, record } };
    request.signal.throwIfAborted();
    const pieces = agentCall(() => this.#agent.answer(request, identity, after));
    const pending = new PendingText(pieces, request.signal, toolCalls);
    try {
      for (;;) {
        const next = await pending.take(this.#answer.nextChunkBytes);
        if (next === undefined) return;
        if (typeof next === 'string') {
          await this.#writeChunk(next, task);
        } else {
          await this.#writeToolCalls(next);
          toolCalls.stored();
        }
      }
    } finally {
      pending.close();
    }
  }

  async #writeToolCalls(calls: readonly ToolCall[]): Promise<void> {
    await this.#log.append({
      type: 'tool_calls',
      data: { text_length: this.#answer.text.length, calls: [...calls] },
    });
    this.#events.toolsCalled(calls.map(({ name }) => name));
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
