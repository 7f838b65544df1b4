import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CannotContinueError } from '../../../../../chat-worker/agents/agent.ts';
import { freshId } from '../../../../support/fresh-id.ts';
import { ModelServer } from '../../../../support/model-server.ts';
import { answerTo, type Circumstances } from '../asking.ts';
import { health } from '../events.ts';
import { modelAgentAt } from './model-asking.ts';

const looked = {
  id: 'call_1',
  name: 'status',
  arguments: '{"investigation_id":"INV-7"}',
  result: 'Situação: análise (evento 48)',
};

describe('a model agent that takes over', () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await ModelServer.start(3);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('starts again where the server goes on after no text', async () => {
    const question = freshId('restart');
    await expect(answerTo(question, { after: 'Há ' }, modelAgentAt(server))).rejects.toThrow(
      CannotContinueError,
    );
    expect(server.askedAbout(question)).toEqual([]);
  });

  test('goes on after the text where the server does', async () => {
    const question = freshId('continue');
    server.plan(question, { text: 'três contratos.' });
    const agent = modelAgentAt(server, { canContinue: true });
    expect(await answerTo(question, { after: 'Há ' }, agent)).toBe('três contratos.');
    const [asked] = server.askedAbout(question);
    expect(asked?.messages.slice(-2)).toEqual([
      { role: 'user', content: question },
      { role: 'assistant', content: 'Há ', prefix: true },
    ]);
    expect(asked).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
  });

  test('ends where nothing was left to say', async () => {
    const question = freshId('nothing left');
    server.plan(question, { text: '' });
    const agent = modelAgentAt(server, { canContinue: true });
    expect(await answerTo(question, { after: 'Há três contratos.' }, agent)).toBe('');
    expect(server.askedAbout(question)).toHaveLength(1);
  });

  test('says the text once, also when the server repeats it', async () => {
    const question = freshId('echo');
    const after = 'A investigação encontrou ';
    server.plan(question, { text: `${after}três contratos.` });
    const agent = modelAgentAt(server, { canContinue: true });
    expect(await answerTo(question, { after }, agent)).toBe('três contratos.');
  });

  test('leaves out one by one what the server does not know of continuing', async () => {
    const question = freshId('marks');
    server.plan(question, (asked) => {
      if ('continue_final_message' in asked) return { status: 422, error: { message: 'extra field' } };
      const isMarked = asked.messages.at(-1)?.['prefix'] === true;
      return isMarked
        ? { status: 400, error: { message: "property 'prefix' is unsupported" } }
        : { text: 'fim.' };
    });
    const agent = modelAgentAt(server, { canContinue: true });
    expect(await answerTo(question, { after: 'O começo e o ' }, agent)).toBe('fim.');
    expect(server.askedAbout(question).at(-1)?.messages.at(-1)).toEqual({
      role: 'assistant',
      content: 'O começo e o ',
    });
  });

  test('starts again where the server refuses to continue after all', async () => {
    const question = freshId('refuses');
    server.plan(question, { status: 400, error: { message: 'The last message must be of the user' } });
    const agent = modelAgentAt(server, { canContinue: true });
    await expect(answerTo(question, { after: 'Há ' }, agent)).rejects.toThrow(CannotContinueError);
  });

  test('adds nothing to an answer that was cut short', async () => {
    const agent = modelAgentAt(server);
    const question = freshId('o que é empenho');
    server.plan(question, { text: 'Começo', finishReason: 'length' });
    const after = await answerTo(question, {}, agent);
    expect(await answerTo(question, { after }, agent)).toBe('');
    expect(server.askedAbout(question)).toHaveLength(1);
  });

  describe('looks nothing up again', () => {
    async function takeOver(circumstances: Circumstances, canContinue: boolean) {
      const question = `Status da INV-7? ${freshId('q')}`;
      server.plan(question, { text: 'Está em análise.' });
      const told: string[] = [];
      const rounds = [...(circumstances.rounds ?? [])];
      const agent = modelAgentAt(server, { canContinue });
      const answer = await answerTo(
        question,
        { stored: { 'INV-7': health }, told, ...circumstances, rounds },
        agent,
      );
      const [asked] = server.askedAbout(question);
      return { answer, rounds, messages: asked?.messages.slice(2) ?? [] };
    }

    test('when it starts again', async () => {
      const { answer, rounds, messages } = await takeOver(
        { rounds: [{ textLength: 0, calls: [looked] }] },
        false,
      );
      expect(answer).toBe('Está em análise.');
      expect(rounds).toHaveLength(1);
      expect(messages).toEqual([
        {
          role: 'assistant',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'status', arguments: looked.arguments } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: looked.result },
      ]);
    });

    test('nor needs to start again right after a look-up', async () => {
      const rounds = [{ textLength: 9, calls: [looked] }];
      const { answer, messages } = await takeOver({ after: 'Vou ver. ', rounds }, false);
      expect(answer).toBe('Está em análise.');
      expect(messages.map(({ role, content }) => [role, content])).toEqual([
        ['assistant', 'Vou ver. '],
        ['tool', looked.result],
      ]);
    });

    test('when it goes on after text that was said since', async () => {
      const rounds = [{ textLength: 9, calls: [looked] }];
      const { messages } = await takeOver({ after: 'Vou ver. A INV-7 ', rounds }, true);
      expect(messages.map(({ role, content }) => [role, content])).toEqual([
        ['assistant', 'Vou ver. '],
        ['tool', looked.result],
        ['assistant', 'A INV-7 '],
      ]);
    });
  });
});
