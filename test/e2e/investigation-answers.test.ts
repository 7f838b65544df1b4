import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InvestigationEvent } from '../../chat-worker/agents/agent.ts';
import { freshId } from '../support/fresh-id.ts';
import { ModelServer, type ModelRequestBody, type Reply } from '../support/model-server.ts';
import { realisticInvestigation } from '../support/realistic-investigation.ts';
import { System } from '../support/system.ts';
import { inventedFigures } from '../unit/chat-worker/agents/figures.ts';

const INVESTIGATION = 'INV-2025-042';
const EVENT_COUNT = 40;

/** As the broker stored it: what an answer may be checked against. */
async function publishInvestigation(system: System): Promise<readonly InvestigationEvent[]> {
  const published = realisticInvestigation(42);
  expect(published).toHaveLength(EVENT_COUNT);
  const connection = await connect({ servers: system.nats.url });
  const { streams } = await jetstreamManager(connection);
  const stored: InvestigationEvent[] = [];
  for (const { kind, body } of published) {
    const subject = ['investigation', INVESTIGATION, kind].join('.');
    const sequence = await system.publisher.store(subject, body);
    const message = await streams.getMessage('INVESTIGATIONS', { seq: sequence });
    stored.push({ kind, body, sequence, storedAtMs: message?.time.getTime() ?? Number.NaN });
  }
  await connection.close();
  return stored;
}

/** Asks through the gateway; the chunks put together must be the answer. */
async function ask(system: System, message: string, agentId?: string): Promise<string> {
  const socket = await system.openChat(freshId('s'));
  const data = { message, ...(agentId === undefined ? {} : { agent_id: agentId }) };
  socket.send({ type: 'chat', data });
  const frames = await socket.until(({ type }) => type === 'chat_complete' || type === 'error');
  const chunks = frames.filter(({ type }) => type === 'chat').map(({ data: { content } }) => String(content));
  const end = frames.at(-1);
  expect(end?.type).toBe('chat_complete');
  expect(chunks.join('')).toBe(end?.data['content']);
  // No chunk ends inside a code point: only such a one would not survive UTF-8.
  for (const chunk of chunks) expect(Buffer.from(chunk).toString()).toBe(chunk);
  await socket.close();
  return chunks.join('');
}

const QUESTIONS = [
  ['the status', `Qual o status da investigação ${INVESTIGATION}?`, ['97,5%', 'em_revisao']],
  ['the anomalies', `Quais as anomalias da ${INVESTIGATION}?`, ['crítica', 'R$']],
  [
    'the anomalies by amount',
    `Mostre as maiores anomalias da ${INVESTIGATION} por valor`,
    ['maior valor', 'R$'],
  ],
  ['the timeline', `Linha do tempo da ${INVESTIGATION}`, ['15 eventos anteriores', 'evento 40']],
  ['a report', `Faça um relatório detalhado da ${INVESTIGATION}`, ['# Relatório', 'Alfa Alimentos']],
] as const;

describe('a question about an investigation of forty events, through gateway, broker and worker', () => {
  let system: System;
  let stored: readonly InvestigationEvent[];
  beforeAll(async () => {
    system = await System.start();
    stored = await publishInvestigation(system);
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
  });

  test.each(QUESTIONS)(
    '%s: every figure of the answer is in the events',
    async (_what, question, expected) => {
      const answer = await ask(system, question);
      for (const part of expected) expect(answer).toContain(part);
      expect(answer).toContain(`\`${INVESTIGATION}\``);
      expect(inventedFigures(answer, [INVESTIGATION], stored)).toEqual([]);
      // It cites: a sequence and a time that are of the same event.
      const cited = [...answer.matchAll(/\(evento (\d+), ([^)]+Z)\)/g)];
      if (!question.startsWith('Linha')) expect(cited.length).toBeGreaterThan(0);
      for (const [, sequence, time] of cited) {
        const event = stored.find((each) => String(each.sequence) === sequence);
        expect(new Date(event?.storedAtMs ?? 0).toISOString()).toBe(time);
      }
    },
  );

  test('the counts of a status are those of the events', async () => {
    const answer = await ask(system, `Qual o status da investigação ${INVESTIGATION}?`);
    const count = (kind: string): number => stored.filter((event) => event.kind === kind).length;
    expect(answer).toContain(`**Anomalias**: ${count('anomaly')} anomalias`);
    expect(answer).toContain(`**Achados**: ${count('finding')}`);
    expect(answer).toContain(`**Relatórios**: ${count('report')}`);
    expect(answer).toContain(`**Eventos guardados**: ${EVENT_COUNT} eventos`);
  });
});

/** A model that asks for a tool and repeats what it was told, which is the most it could know. */
function repeating(tool: string): (request: ModelRequestBody) => Reply {
  return ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return { text: `Segundo os registros:\n\n${last.content ?? ''}` };
    return { toolCalls: [{ name: tool, arguments: { investigation_id: INVESTIGATION } }] };
  };
}

describe('the same questions to a model', () => {
  let server: ModelServer;
  let system: System;
  let stored: readonly InvestigationEvent[];
  beforeAll(async () => {
    server = await ModelServer.start(5);
    system = await System.start({ environment: { OPENAI_BASE_URL: server.baseUrl, OPENAI_MODEL: 'm' } });
    stored = await publishInvestigation(system);
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test.each(['status', 'anomalies', 'timeline'])('%s: all it is told is in the events', async (tool) => {
    const question = `Me fale de ${tool} da ${INVESTIGATION}`;
    server.plan(question, repeating(tool));
    const answer = await ask(system, question);
    expect(answer).toContain(`\`${INVESTIGATION}\``);
    expect(answer.match(/evento \d+/g)?.length).toBeGreaterThan(3);
    expect(inventedFigures(answer, [INVESTIGATION], stored)).toEqual([]);
  });

  test('a model without tools finds it all in the question', async () => {
    const question = `Resuma a ${INVESTIGATION}`;
    server.plan(question, (request) => {
      if ('tools' in request) return { status: 400, error: { message: 'this model does not support tools' } };
      return { text: request.messages.at(-1)?.content?.split('\n\n---\n')[1] ?? 'nada' };
    });
    const answer = await ask(system, question);
    const amounts = stored.filter(({ body }) => 'amount' in body);
    expect(amounts.length).toBeGreaterThan(0);
    expect(answer).toContain('**Anomalias** da investigação');
    expect(inventedFigures(answer, [INVESTIGATION], stored)).toEqual([]);
  });

  test('the agent and its prompt are those the question is for', async () => {
    const socket = await system.openChat(freshId('s'));
    socket.send({ type: 'chat', data: { message: 'Olá', agent_id: 'quiteria' } });
    const end = await socket.next('chat_complete');
    expect(end.data).toMatchObject({ agent_id: 'maria_quiteria', agent_name: 'Maria Quitéria' });
    const [asked] = server.askedAbout('Olá');
    expect(asked?.messages[0]?.content).toContain('# Maria Quitéria');
  });
});
