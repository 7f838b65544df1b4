import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { ModelServer } from '../support/model-server.ts';
import { WorkerProcess } from '../support/worker-process.ts';
import { chunkText, typesOf, WorkerRig } from '../support/worker-rig.ts';

describe('the built worker with a model', () => {
  let rig: WorkerRig;
  let server: ModelServer;
  beforeAll(async () => {
    rig = await WorkerRig.start();
    server = await ModelServer.start(23);
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
    rig.environment({
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_API_KEY: 'sk-secreto',
      OPENAI_MODEL: 'modelo',
      LOG_LEVEL: 'debug',
      ...more,
    });

  test('finds its prompts, and logs nothing that anybody wrote', async () => {
    await using worker = new WorkerProcess(environment());
    expect(await worker.logged('taking chats')).toMatchObject({ agent: 'model', model: 'modelo' });
    const question = `Segredo da INV-7? ${freshId('q')}`;
    const call = { name: 'status', arguments: { investigation_id: 'INV-7' } };
    server.plan(
      question,
      { status: 500 },
      { toolCalls: [call] },
      { text: 'Resposta secreta.', usage: { prompt: 7, completion: 2 } },
    );
    const log = await rig.ended(await rig.ask({ message: question, agentId: 'dandara' }));
    expect(chunkText(log)).toBe('Resposta secreta.');
    expect(server.askedAbout(question)[0]?.messages[0]?.content).toContain('# Dandara');
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer sk-secreto');

    expect(await worker.logged('model asked again')).toMatchObject({ reason: 'unavailable' });
    expect(await worker.logged('looked up')).toMatchObject({ tools: ['status'] });
    expect(await worker.logged('model tokens')).toMatchObject({ prompt: 7, completion: 2 });
    await worker.logged('chat complete');
    const written = JSON.stringify(worker.lines) + worker.errors;
    for (const secret of [/segredo/i, /secreta/i, /sk-/]) expect(written).not.toMatch(secret);
  });

  test('that is killed in the middle of an answer is followed by another, which looks nothing up again', async () => {
    const question = `Status da INV-7? ${freshId('q')}`;
    const call = { name: 'status', arguments: { investigation_id: 'INV-7' } };
    const stalls = { text: 'Há três contratos', pieceLength: 9, betweenTokensMs: 60_000 };
    server.plan(question, { toolCalls: [call] }, stalls, { text: ' suspeitos.', pieceLength: 50 });
    await using killed = new WorkerProcess(environment({ OPENAI_CONTINUE: 'true' }));
    await killed.logged('taking chats');
    const chat = await rig.ask({ message: question });
    await rig.logWhen(chat, (log) => log.some(({ type }) => type === 'chat'));
    killed.signal('SIGKILL');
    await killed.exited();
    await using next = new WorkerProcess(environment({ OPENAI_CONTINUE: 'true' }));
    await next.logged('taking chats');
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual([
      'chat_accepted',
      'claim',
      'tool_calls',
      'chat',
      'claim',
      'chat',
      'chat_complete',
    ]);
    expect(chunkText(log)).toBe('Há três c suspeitos.');
    expect(server.askedAbout(question)).toHaveLength(3);
  });

  test('says what is wrong with a setting, and does not start', async () => {
    await using worker = new WorkerProcess(
      environment({ OPENAI_BASE_URL: 'maritaca', OPENAI_CONTINUE: 'sim' }),
    );
    expect(await worker.exited()).toBe(1);
    expect(worker.errors).toMatch(/OPENAI_BASE_URL: must be an http or https URL/);
    expect(worker.errors).toMatch(/OPENAI_CONTINUE: must be "true" or "false"/);
  });
});
