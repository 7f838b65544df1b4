import { describe, expect, test } from 'vitest';
import {
  CannotContinueError,
  type Agent,
  type AgentRequest,
  type ToolRound,
} from '../../../../chat-worker/agents/agent.ts';
import { Answer } from '../../../../chat-worker/chat/answer.ts';
import { AnswerWriter } from '../../../../chat-worker/chat/answer-writer.ts';
import type { ChatEvents } from '../../../../chat-worker/chat/chat-events.ts';
import type { ChatLog, WorkerEvent } from '../../../../chat-worker/chat/chat-log.ts';
import { scriptedIdentity } from '../../../support/scripted-agent.ts';
import { requestFor } from '../agents/asking.ts';

const calls = [{ id: 'c', name: 'status', arguments: '{}', result: 'bem' }];

const quiet: ChatEvents = {
  dropped: () => undefined,
  claimed: () => undefined,
  answering: () => undefined,
  restarted: () => undefined,
  firstChunk: () => undefined,
  completed: () => undefined,
  failed: () => undefined,
  handedOver: () => undefined,
  tokensUsed: () => undefined,
  toolsCalled: () => undefined,
  retried: () => undefined,
};

function agentThat(answer: (request: AgentRequest, after: string) => AsyncIterable<string>): Agent {
  return {
    route: () => scriptedIdentity,
    answer: (request, _identity, after) => answer(request, after),
  };
}

/** What an agent gets written, in order, in the form `text` or `[tools]`, and the rounds it was given. */
async function written(agent: Agent, { text = '', toolRounds = [] as readonly ToolRound[] } = {}) {
  const events: WorkerEvent[] = [];
  let underWay = 0;
  const log: Pick<ChatLog, 'append'> = {
    async append(event) {
      underWay += 1;
      if (underWay > 1) throw new Error('two writes at once');
      await new Promise((resolve) => setTimeout(resolve, 2));
      events.push(event);
      underWay -= 1;
    },
  };
  const answer = new Answer();
  answer.continueAfter(text, text === '' ? 0 : 1);
  const request = requestFor('oi', {});
  const writer = new AnswerWriter(agent, { ...log, read: never, accept: never }, answer, quiet);
  await writer.write({ requestId: 'r', identity: scriptedIdentity, request, toolRounds, claims: 2 });
  return events;
}

function never(): Promise<never> {
  return Promise.reject(new Error('nobody reads here'));
}

function inWords(events: readonly WorkerEvent[]): string[] {
  return events.map(({ type, data }) => {
    if (type === 'chat') return data.content;
    return type === 'tool_calls' ? `[tools after ${data.text_length}]` : type;
  });
}

describe('what an agent looks up', () => {
  test('is stored after all text that was said before, and before it goes on', async () => {
    const stored: string[] = [];
    const agent = agentThat(async function* ({ journal }) {
      yield 'Vou ';
      yield 'ver. ';
      await journal.record(calls);
      stored.push('stored');
      yield 'Está bem.';
    });
    const events = await written(agent);
    expect(inWords(events).join('|')).toMatch(/^(Vou \|ver\. |Vou ver\. )\|\[tools after 9\]\|Está bem\.$/);
    expect(stored).toEqual(['stored']);
    expect(events.find(({ type }) => type === 'tool_calls')?.data).toMatchObject({ calls });
  });

  test('is stored also where nothing was said, and twice in a row', async () => {
    const agent = agentThat(async function* ({ journal }) {
      await journal.record(calls);
      await journal.record(calls);
      yield 'fim';
    });
    expect(inWords(await written(agent))).toEqual(['[tools after 0]', '[tools after 0]', 'fim']);
  });

  test('is given to whoever takes over, with its place in the text', async () => {
    let seen: readonly ToolRound[] = [];
    const agent = agentThat(async function* ({ journal }, after) {
      await Promise.resolve();
      seen = journal.rounds;
      yield `depois de ${after}`;
    });
    const toolRounds = [{ textLength: 3, calls }];
    const events = await written(agent, { text: 'um dois', toolRounds });
    expect(inWords(events)).toEqual(['depois de um dois']);
    expect(seen).toEqual(toolRounds);
  });

  test('is still known when the answer starts again, but not where it stood', async () => {
    const seen: (readonly ToolRound[])[] = [];
    const agent = agentThat(async function* ({ journal }, after) {
      await Promise.resolve();
      seen.push(journal.rounds);
      if (after !== '') throw new CannotContinueError('no');
      yield 'de novo';
    });
    const events = await written(agent, { text: 'um dois', toolRounds: [{ textLength: 3, calls }] });
    expect(inWords(events)).toEqual(['chat_restart', 'de novo']);
    expect(seen.at(-1)).toEqual([{ textLength: 0, calls }]);
  });
});
