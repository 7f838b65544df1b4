import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelError } from '../../../../../chat-worker/agents/model/model-error.ts';
import { inTime } from '../../../../support/eventually.ts';
import { freshId } from '../../../../support/fresh-id.ts';
import type { PlannedModelServer } from '../../../../support/model-server.ts';
import { answerTo, piecesFor, requestFor } from '../asking.ts';
import { health } from '../events.ts';
import { modelAgentAt } from './model-asking.ts';

/** Everything in it is cut badly by somebody: surrogate pairs, joiners, tables, fences, trailing spaces. */
const MARKDOWN = [
  '# Relatório: saúde 🏥👩🏽‍⚕️',
  '| órgão | valor |\n| :-- | --: |\n| Câmara | R$ 1.234,56 |',
  '```js\nconst soma = a && b;  \n```\n\n- item\n\t- *sub*\\\n  fim   \n',
].join('\n\n');

async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** What has to hold at any server that speaks the API. Each test asks a question of its own. */
export function describeModelServer(name: string, start: () => Promise<PlannedModelServer>): void {
  describe(`a model agent at ${name}`, () => {
    let server: PlannedModelServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
    });

    test.each([1, 3, 1_000])('gives Markdown byte for byte, in pieces of %i', async (pieceLength) => {
      const question = freshId('markdown');
      server.plan(question, { text: MARKDOWN, pieceLength });
      const pieces = await piecesFor(question, {}, modelAgentAt(server));
      expect(pieces.join('')).toBe(MARKDOWN);
      if (pieceLength === 3) expect(pieces.length).toBeGreaterThan(20);
    });

    test('sends prompt, conversation and question, and asks for a stream', async () => {
      const question = freshId('quem é você');
      server.plan(question, { text: 'Sou eu.' });
      const turns = [
        { userName: 'Ana', message: 'Oi', outcome: 'completed', answer: 'Olá, Ana!' } as const,
        { userName: undefined, message: 'E aí?', outcome: 'cancelled', answer: 'Tudo' } as const,
      ];
      await answerTo(question, { agentId: 'zumbi', userName: 'Bia', turns }, modelAgentAt(server));
      const [asked] = server.askedAbout(question);
      expect(asked).toMatchObject({ model: 'modelo-de-teste', stream: true });
      expect(asked?.messages.map(({ role, content }) => [role, content])).toEqual([
        ['system', expect.stringContaining('Zumbi dos Palmares')],
        ['user', '[Ana] Oi'],
        ['assistant', 'Olá, Ana!'],
        ['user', 'E aí?'],
        ['assistant', 'Tudo\n\n(Resposta interrompida a pedido do usuário.)'],
        ['user', `[Bia] ${question}`],
      ]);
    });

    test('takes the usage that is sent', async () => {
      const question = freshId('usage');
      server.plan(question, { text: 'Sim.', usage: { prompt: 12, completion: 3 } });
      const told: string[] = [];
      expect(await answerTo(question, { told }, modelAgentAt(server))).toBe('Sim.');
      expect(told).toEqual(['12+3 tokens']);
    });

    test('leaves thoughts out of the text', async () => {
      const question = freshId('reasoning');
      server.plan(question, { text: 'Resposta.', reasoning: 'Vou pensar um pouco…' });
      expect(await answerTo(question, {}, modelAgentAt(server))).toBe('Resposta.');
    });

    test.each([
      ['length', 'cortada aqui'],
      ['content_filter', 'filtro de conteúdo'],
    ])('says so when the model stopped for %s', async (finishReason, note) => {
      const question = freshId('o que é empenho');
      server.plan(question, { text: 'Começo', finishReason });
      const answer = await answerTo(question, {}, modelAgentAt(server));
      expect(answer).toMatch(/^Começo\n\n_\(.*\)_$/s);
      expect(answer).toContain(note);
    });

    test('calls the tools it is asked to, notes the results, and goes on with them', async () => {
      const question = `Status da INV-7? ${freshId('tools')}`;
      server.plan(
        question,
        { toolCalls: [{ name: 'status', arguments: { investigation_id: 'INV-7' } }] },
        { text: 'Está em análise.' },
      );
      const rounds: NonNullable<Parameters<typeof requestFor>[1]['rounds']> = [];
      const answer = await answerTo(question, { stored: { 'INV-7': health }, rounds }, modelAgentAt(server));
      expect(answer).toBe('Está em análise.');
      const [call] = rounds[0]?.calls ?? [];
      expect(call).toMatchObject({ name: 'status', arguments: '{"investigation_id":"INV-7"}' });
      expect(call?.result).toContain('45,67%');
      expect(call?.result).toContain('(evento 48, 2026-01-31T12:08:09.872Z)');

      const [first, second] = server.askedAbout(question);
      expect(first?.tools?.map(({ function: { name } }) => name)).toEqual([
        'status',
        'anomalies',
        'timeline',
      ]);
      const [asking, answering] = second?.messages.slice(-2) ?? [];
      expect(asking?.tool_calls?.[0]?.id).toBe(call?.id);
      expect(answering).toMatchObject({ role: 'tool', tool_call_id: call?.id, content: call?.result });
    });

    test('waits as long as a server that is too busy wants it to', async () => {
      const question = freshId('429');
      server.plan(question, { status: 429, headers: { 'retry-after': '1' } }, { text: 'Agora sim.' });
      const told: string[] = [];
      const started = performance.now();
      expect(await answerTo(question, { told }, modelAgentAt(server))).toBe('Agora sim.');
      expect(performance.now() - started).toBeGreaterThan(950);
      expect(told.filter((what) => what.startsWith('retried'))).toEqual(['retried rate_limited']);
    });

    test('asks again after an error of the server, and gives up in the end', async () => {
      const agent = modelAgentAt(server);
      const passing = freshId('500');
      server.plan(passing, { status: 500 }, { status: 503 }, { text: 'Voltei.' });
      expect(await answerTo(passing, {}, agent)).toBe('Voltei.');

      const lasting = freshId('500');
      server.plan(lasting, { status: 500 });
      const error = await failureOf(answerTo(lasting, {}, agent));
      expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true, status: 500 });
      expect(server.askedAbout(lasting)).toHaveLength(3);
    });

    test('does not ask again where the key is wrong, and says it is of no use', async () => {
      const question = freshId('401');
      server.plan(question, { status: 401, error: { message: 'Incorrect API key: sk-test' } });
      const error = await failureOf(answerTo(question, {}, modelAgentAt(server)));
      expect(error).toMatchObject({ code: 'MODEL_REFUSED', retryable: false });
      expect(error.message).not.toContain('sk-');
      expect(server.askedAbout(question)).toHaveLength(1);
    });

    test('never asks again once something was said', async () => {
      const question = freshId('cut');
      server.plan(question, { text: 'Uma resposta que acaba no meio', pieceLength: 4, cutAfterPieces: 3 });
      const pieces: string[] = [];
      const agent = modelAgentAt(server);
      const request = requestFor(question, {});
      const reading = (async () => {
        for await (const piece of agent.answer(request, agent.route(request), '')) pieces.push(piece);
      })();
      expect(await failureOf(reading)).toMatchObject({ retryable: true });
      expect(pieces.join('')).toBe('Uma resposta');
      expect(server.askedAbout(question)).toHaveLength(1);
    });

    test('asks again when the first token does not come, and fails when it never does', async () => {
      const question = freshId('slow');
      server.plan(question, { text: 'tarde demais', firstTokenMs: 60_000 });
      const told: string[] = [];
      const agent = modelAgentAt(server, { firstTokenMs: 150, retries: 1 });
      const error = await failureOf(inTime(answerTo(question, { told }, agent), () => 'it hangs', 5_000));
      expect(error).toMatchObject({ code: 'MODEL_FIRST_TOKEN_TIMEOUT', retryable: true });
      expect(told).toEqual(['retried first_token_timeout']);
    });

    test('fails when the model falls silent in the middle', async () => {
      const question = freshId('silent');
      server.plan(question, { text: 'um dois três', pieceLength: 4, betweenTokensMs: 60_000 });
      const agent = modelAgentAt(server, { betweenTokensMs: 150 });
      const error = await failureOf(inTime(answerTo(question, {}, agent), () => 'it hangs', 5_000));
      expect(error).toMatchObject({ code: 'MODEL_BETWEEN_TOKENS_TIMEOUT', retryable: true });
    });

    test('is stopped within a second, whatever it waits for', async () => {
      const question = freshId('cancel');
      server.plan(question, { text: 'um dois', pieceLength: 3, betweenTokensMs: 60_000 });
      const stopping = new AbortController();
      const agent = modelAgentAt(server, { betweenTokensMs: 60_000 });
      const request = requestFor(question, { signal: stopping.signal });
      const answer = agent.answer(request, agent.route(request), '')[Symbol.asyncIterator]();
      expect((await answer.next()).value).toBe('um ');
      const next = answer.next();
      const why = new Error('cancelled');
      stopping.abort(why);
      await expect(inTime(next, () => 'it goes on', 1_000)).rejects.toBe(why);
    });
  });
}
