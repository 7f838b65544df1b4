import type {
  Agent,
  AgentRequest,
  InvestigationEvent,
  ToolCall,
  ToolRound,
  Turn,
} from '../../../../chat-worker/agents/agent.ts';
import { createBuiltInAgent } from '../../../../chat-worker/agents/built-in-agent.ts';

export interface Circumstances {
  readonly stored?: Readonly<Record<string, readonly InvestigationEvent[]>>;
  readonly subscribed?: readonly string[];
  readonly agentId?: string;
  readonly userName?: string;
  readonly after?: string;
  /** Oldest first. */
  readonly turns?: readonly Turn[];
  /** What was looked up before; what is looked up now is added, as the log would. */
  readonly rounds?: ToolRound[];
  /** What the agent tells, in words. */
  readonly told?: string[];
  /** Called before a look-up counts as stored. */
  readonly onRecord?: (calls: readonly ToolCall[]) => Promise<void>;
  readonly signal?: AbortSignal;
}

export function requestFor(message: string, circumstances: Circumstances): AgentRequest {
  const { stored = {}, subscribed = [], agentId, userName, signal } = circumstances;
  const { turns = [], rounds = [], told = [], onRecord } = circumstances;
  return {
    message,
    agentId,
    userName,
    subscribedInvestigationIds: subscribed,
    investigations: {
      events: (id) => Promise.resolve(Object.hasOwn(stored, id) ? (stored[id] ?? []) : []),
    },
    conversation: {
      async *newestFirst() {
        for (const turn of [...turns].reverse()) {
          await Promise.resolve();
          yield turn;
        }
      },
    },
    journal: {
      rounds: [...rounds],
      async record(calls) {
        await onRecord?.(calls);
        rounds.push({ textLength: 0, calls });
      },
    },
    events: {
      tokensUsed: ({ prompt, completion }) => void told.push(`${prompt}+${completion} tokens`),
      toolsCalled: (names) => void told.push(`tools ${names.join(',')}`),
      retried: ({ reason }) => void told.push(`retried ${reason}`),
    },
    signal: signal ?? new AbortController().signal,
  };
}

export async function piecesFor(
  message: string,
  circumstances: Circumstances,
  agent: Agent = createBuiltInAgent({ pieceDelayMs: 0 }),
): Promise<readonly string[]> {
  const request = requestFor(message, circumstances);
  const pieces: string[] = [];
  for await (const piece of agent.answer(request, agent.route(request), circumstances.after ?? '')) {
    pieces.push(piece);
  }
  return pieces;
}

export async function answerTo(
  message: string,
  circumstances: Circumstances,
  agent?: Agent,
): Promise<string> {
  return (await piecesFor(message, circumstances, agent)).join('');
}
