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
const OTHER = 'INV-2025-043';
const OTHER_COUNT = 25;

/** As the broker stored it: what an answer may be checked against. */
async function publishInvestigation(
  system: System,
  { id = INVESTIGATION, seed = 42, count = EVENT_COUNT } = {},
): Promise<readonly InvestigationEvent[]> {
  const published = realisticInvestigation(seed).slice(0, count);
  expect(published).toHaveLength(count);
  const connection = await connect({ servers: system.nats.url.split(',') });
  const { streams } = await jetstreamManager(connection);
  const stored: InvestigationEvent[] = [];
  for (const { kind, body } of published) {
    const subject = ['investigation', id, kind].join('.');
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
      // What a line says, the event it cites says: not only some other one.
      for (const line of answer.split('\n')) {
        const of = [...line.matchAll(/\(evento (\d+)/g)].map(([, sequence]) => sequence);
        const said = stored.filter(({ sequence }) => of.includes(String(sequence)));
        if (said.length === 1) expect(inventedFigures(line, [INVESTIGATION], said)).toEqual([]);
      }
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

describe('a comparison of two investigations, through gateway, broker and worker', () => {
  let system: System;
  let one: readonly InvestigationEvent[];
  let other: readonly InvestigationEvent[];
  beforeAll(async () => {
    system = await System.start();
    one = await publishInvestigation(system);
    other = await publishInvestigation(system, { id: OTHER, seed: 7, count: OTHER_COUNT });
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
  });

  test('every figure is in the events of the investigation in whose column it stands', async () => {
    const answer = await ask(system, `Compare ${INVESTIGATION} com a ${OTHER}`);
    expect(inventedFigures(answer, [INVESTIGATION, OTHER], [...one, ...other])).toEqual([]);
    const rows = new Map(
      answer
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.split('|').map((cell) => cell.trim()))
        .map(([, name = '', ...cells]) => [name, cells.slice(0, 2)] as const),
    );
    expect(rows.get('')).toEqual([`\`${INVESTIGATION}\``, `\`${OTHER}\``]);
    for (const [column, events, id] of [
      [0, one, INVESTIGATION],
      [1, other, OTHER],
    ] as const) {
      const cells = [...rows.values()].slice(2).map((row) => row[column] ?? '');
      expect(inventedFigures(cells.join('\n'), [id], events)).toEqual([]);
      const cell = (name: string): string | undefined => rows.get(name)?.[column];
      const count = (kind: string): string => String(events.filter((event) => event.kind === kind).length);
      expect(cell('Anomalias')).toBe(count('anomaly'));
      expect(cell('Achados')).toBe(count('finding'));
      expect(cell('Relatórios')).toBe(count('report'));
      expect(cell('Eventos guardados')).toBe(String(events.length));
      for (const [name, severity] of SEVERITIES) {
        const those = events.filter(({ body }) => (body['severity'] ?? body['gravidade']) === severity);
        expect(cell(`Anomalias de gravidade ${name}`)).toBe(String(those.length));
      }
    }
  });
});

const SEVERITIES = [
  ['crítica', 'critical'],
  ['alta', 'high'],
  ['média', 'medium'],
  ['baixa', 'low'],
] as const;

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
