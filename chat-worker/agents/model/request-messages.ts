import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { code } from '../answers/wording.ts';
import type { AgentRequest, ToolRound, Turn } from '../agent.ts';

export interface MessageParts {
  readonly systemPrompt: string;
  /** Investigations that the question is about. */
  readonly meantIds: readonly string[];
  /** Others that the conversation knows. */
  readonly otherIds: readonly string[];
  readonly subscribedIds: readonly string[];
  /** Oldest first. */
  readonly turns: readonly Turn[];
  readonly question: Pick<AgentRequest, 'message' | 'userName'>;
  /** What is known of the investigations that are meant, for a model that cannot ask; else empty. */
  readonly context: string;
  /** What the model looked up for this answer. */
  readonly rounds: readonly ToolRound[];
  /** The answer so far. */
  readonly said: string;
}

/** The whole conversation as a model gets it, up to where it is to go on: without the last, unfinished text. */
export function requestMessages(parts: MessageParts): readonly ChatCompletionMessageParam[] {
  const { systemPrompt, turns, question, context, rounds, said } = parts;
  return [
    { role: 'system', content: [systemPrompt, investigationsNote(parts)].filter(isSomething).join('\n\n') },
    ...turns.flatMap(turnMessages),
    { role: 'user', content: [spoken(question), context].filter(isSomething).join('\n\n') },
    ...rounds.flatMap((round, index) => {
      const from = rounds[index - 1]?.textLength ?? 0;
      return roundMessages(said.slice(from, round.textLength), round);
    }),
  ];
}

/** Question and answer always both: many servers insist that the two sides take turns. */
function turnMessages(turn: Turn): readonly ChatCompletionMessageParam[] {
  return [
    { role: 'user', content: spoken(turn) },
    { role: 'assistant', content: answered(turn) },
  ];
}

function answered({ outcome, answer }: Turn): string {
  switch (outcome) {
    case 'completed':
      return answer === '' ? '(Sem resposta.)' : answer;
    case 'cancelled':
      return [answer, '(Resposta interrompida a pedido do usuário.)'].filter(isSomething).join('\n\n');
    case 'failed':
      return '(Não houve resposta: erro ao processar a mensagem.)';
  }
}

const MAX_NAME_CHARACTERS = 80;

/** Several people may speak in one session: each message says whose it is, where that is known. */
function spoken({ userName, message }: Pick<AgentRequest, 'message' | 'userName'>): string {
  // One line, and nothing that could end the brackets: a name is whatever a token says.
  const name = (userName ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Z}[\]]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARACTERS);
  return name === '' ? message : `[${name}] ${message}`;
}

function roundMessages(text: string, { calls }: ToolRound): readonly ChatCompletionMessageParam[] {
  return [
    {
      role: 'assistant',
      ...(text === '' ? {} : { content: text }),
      tool_calls: calls.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function',
        function: { name, arguments: given },
      })),
    },
    ...calls.map(({ id, result }) => ({ role: 'tool', tool_call_id: id, content: result }) as const),
  ];
}

/** Ids have an alphabet in which nothing can be told a model. */
function investigationsNote({ meantIds, otherIds, subscribedIds }: MessageParts): string {
  const lines = [...meantIds, ...otherIds].map((id) => {
    const marks = [
      meantIds.includes(id) ? 'a que a mensagem se refere' : '',
      subscribedIds.includes(id) ? 'acompanhada por esta sessão' : '',
    ].filter(isSomething);
    return `- ${code(id)}${marks.length === 0 ? '' : ` (${marks.join('; ')})`}`;
  });
  return lines.length === 0 ? '' : `## Investigações desta conversa\n\n${lines.join('\n')}`;
}

function isSomething(text: string): boolean {
  return text !== '';
}
