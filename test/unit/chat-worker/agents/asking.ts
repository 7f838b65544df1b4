import type { Agent, AgentRequest, InvestigationEvent } from '../../../../chat-worker/agents/agent.ts';
import { createBuiltInAgent } from '../../../../chat-worker/agents/built-in-agent.ts';

export interface Circumstances {
  readonly stored?: Readonly<Record<string, readonly InvestigationEvent[]>>;
  readonly subscribed?: readonly string[];
  readonly agentId?: string;
  readonly after?: string;
  readonly signal?: AbortSignal;
}

export function requestFor(message: string, circumstances: Circumstances): AgentRequest {
  const { stored = {}, subscribed = [], agentId, signal = new AbortController().signal } = circumstances;
  return {
    message,
    agentId,
    subscribedInvestigationIds: subscribed,
    investigations: {
      events: (id) => Promise.resolve(Object.hasOwn(stored, id) ? (stored[id] ?? []) : []),
    },
    signal,
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

export async function answerTo(message: string, circumstances: Circumstances): Promise<string> {
  return (await piecesFor(message, circumstances)).join('');
}
