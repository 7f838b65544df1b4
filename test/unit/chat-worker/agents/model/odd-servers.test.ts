import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelAgentSettings } from '../../../../../chat-worker/agents/model/model-agent.ts';
import { inTime } from '../../../../support/eventually.ts';
import { freshId } from '../../../../support/fresh-id.ts';
import { raw, unstreamed, type Oddities } from '../../../../support/model-replies.ts';
import { ModelServer, type Answering } from '../../../../support/model-server.ts';
import { answerTo, requestFor, type Circumstances } from '../asking.ts';
import { health } from '../events.ts';
import { modelAgentAt } from './model-asking.ts';

const TEXT = 'Olá! São 3 contratos 📑 — veja:\n\n- um\n- dois';

let server: ModelServer;
beforeAll(async () => {
  server = await ModelServer.start(11);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** The answer to a question of its own, and how often the server was asked for it. */
async function ask(
  replies: readonly Answering[],
  {
    oddities = {},
    settings = {},
    ...circumstances
  }: Circumstances & { oddities?: Oddities; settings?: Partial<ModelAgentSettings> } = {},
) {
  const question = `Status da INV-7? ${freshId('q')}`;
  server.planOddly(question, oddities, ...replies);
  const agent = modelAgentAt(server, settings);
  const answer = await inTime(answerTo(question, circumstances, agent), () => 'no answer');
  return { answer, asked: server.askedAbout(question), agent };
}

describe('an answer is whole and nothing else, from a server that', () => {
  const oddities: readonly (readonly [string, Oddities])[] = [
    ['sends no usage', { without: ['usage'] }],
    ['never says [DONE]', { without: ['done'] }],
    ['gives no reason for the end', { without: ['finish_reason'] }],
    ['ends its lines with CRLF', { lineEnd: '\r\n' }],
    ['ends its lines with CR', { lineEnd: '\r' }],
    ['leaves out the role', { without: ['role'] }],
    ['sends empty pieces', { emptyDeltas: true }],
    ['keeps the connection alive with comments', { comments: true }],
    ['sends no empty line after its last event', { without: ['done', 'last_empty_line'] }],
    ['calls thoughts reasoning', { reasoningField: 'reasoning' }],
    ['calls thoughts reasoning_content', { reasoningField: 'reasoning_content' }],
    ['never closes after the end', { staysOpen: true, without: ['done'] }],
    ['never closes after [DONE]', { staysOpen: true, without: ['finish_reason'] }],
    [
      'does all of it',
      { lineEnd: '\r\n', emptyDeltas: true, comments: true, without: ['done', 'usage', 'role'] },
    ],
  ];
  // Beside one another: two of them wait for a server that does not close.
  test.concurrent.each(oddities)('%s', async (_what, oddity) => {
    const reply = { text: TEXT, reasoning: 'hmm', usage: { prompt: 1, completion: 2 } };
    const { answer, asked } = await ask([reply], { oddities: oddity });
    expect(answer).toBe(TEXT);
    expect(asked).toHaveLength(1);
  });

  test('does not stream', async () => {
    expect((await ask([unstreamed(TEXT)])).answer).toBe(TEXT);
  });

  test('thinks aloud before it answers', async () => {
    const text = `<think>\nO usuário quer <saber>…\n</think>\n\n${TEXT}`;
    expect((await ask([{ text }])).answer).toBe(TEXT);
  });

  test('counts tokens in words', async () => {
    const chunk = {
      choices: [{ delta: { content: TEXT }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 'many' },
    };
    expect((await ask([raw(`data: ${JSON.stringify(chunk)}\n\n`)])).answer).toBe(TEXT);
  });

  test('sends its text in parts', async () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'não' }] },
      { type: 'text', text: TEXT },
    ];
    const delta = JSON.stringify({ choices: [{ delta: { content: parts }, finish_reason: 'stop' }] });
    expect((await ask([raw(`data: ${delta}\n\n`)])).answer).toBe(TEXT);
  });
});

describe('an answer that is not whole is asked for again, from a server that', () => {
  const piece = JSON.stringify({ choices: [{ delta: { role: 'assistant', content: '' } }] });
  test.each([
    ['ends without a word', raw(`data: ${piece}\n\n`), 'cut_off'],
    ['ends without a byte', raw(), 'cut_off'],
    ['says that all is well and sends nothing', { text: '' }, 'empty'],
    ['sends no JSON', raw('data: {"choices":[{"del\n\n'), 'malformed'],
    ['sends something else', raw('data: ["?"]\n\n'), 'malformed'],
    ['sends a page of a proxy', raw('<html><body>502</body></html>'), 'cut_off'],
    ['fails in the stream', raw('data: {"error":{"message":"overloaded","code":503}}\n\n'), 'unavailable'],
    ['fails in the stream without a code', raw('event: error\ndata: {"error":"boom"}\n\n'), 'unavailable'],
    ['limits rates in the stream', raw('data: {"error":{"code":429}}\n\n'), 'rate_limited'],
    ['breaks the connection at once', { text: 'x', cutAfterPieces: 0 }, 'unavailable'],
  ] as const)('%s', async (_what, fault, reason) => {
    const told: string[] = [];
    const { answer, asked } = await ask([fault, { text: TEXT }], { told });
    expect(answer).toBe(TEXT);
    expect(told).toEqual([`retried ${reason}`]);
    expect(asked).toHaveLength(2);
  });

  test('refuses in the stream, which is final', async () => {
    const refusal = raw('data: {"error":{"message":"no","type":"invalid_request_error"}}\n\n');
    await expect(ask([refusal])).rejects.toMatchObject({ code: 'MODEL_REFUSED', retryable: false });
  });

  test('has no money left, which no waiting helps', async () => {
    const reply = { status: 429, error: { message: 'quota', code: 'insufficient_quota' } };
    await expect(ask([reply])).rejects.toMatchObject({ code: 'MODEL_RATE_LIMITED', retryable: false });
  });

  test('wants to be left alone for longer than anybody waits', async () => {
    const reply = { status: 429, headers: { 'retry-after': '3600' } };
    await expect(ask([reply, { text: 'never' }])).rejects.toMatchObject({
      code: 'MODEL_RATE_LIMITED',
      retryable: true,
    });
  });

  test('says that trying again is of no use', async () => {
    const reply = { status: 503, headers: { 'x-should-retry': 'false' } };
    await expect(ask([reply, { text: 'never' }])).rejects.toMatchObject({ status: 503 });
  });
});

describe('a whole answer', () => {
  test.concurrent('takes no longer than it may, however alive the model is', async () => {
    const slow = { text: 'x'.repeat(400), pieceLength: 1, betweenTokensMs: 20 };
    const started = performance.now();
    await expect(ask([slow], { settings: { answerMs: 300 } })).rejects.toMatchObject({
      code: 'MODEL_ANSWER_TIMEOUT',
      retryable: true,
    });
    expect(performance.now() - started).toBeLessThan(3_500);
  });

  test.concurrent(
    'is waited for while the model thinks, but not while only the connection lives',
    async () => {
      const settings = { firstTokenMs: 1_200, retries: 0 };
      const thought = (): string =>
        `data: ${JSON.stringify({ choices: [{ delta: { reasoning_content: 'hm' } }] })}\n\n`;
      const end = `data: ${JSON.stringify({ choices: [{ delta: { content: 'Sim.' }, finish_reason: 'stop' }] })}\n\n`;
      const wait = { waitMs: 700 };
      const thinking = {
        ...raw(),
        steps: [wait, { write: thought() }, wait, { write: thought() }, wait, { write: end }],
      };
      expect((await ask([thinking], { settings })).answer).toBe('Sim.');

      const comment = { write: ': processing\n\n' };
      const silent = { ...raw(), steps: [comment, wait, comment, wait, comment, wait, { write: end }] };
      await expect(ask([silent], { settings })).rejects.toMatchObject({ code: 'MODEL_FIRST_TOKEN_TIMEOUT' });
    },
  );

  test.concurrent('is not stopped by a reader who takes his time', async () => {
    const question = freshId('slow reader');
    server.plan(question, { text: 'um dois três', pieceLength: 4 });
    const agent = modelAgentAt(server, { betweenTokensMs: 700 });
    const request = requestFor(question, {});
    let text = '';
    for await (const piece of agent.answer(request, agent.route(request), '')) {
      text += piece;
      await new Promise((resolve) => setTimeout(resolve, 900));
    }
    expect(text).toBe('um dois três');
  });

  test('lets go of the server within a second of its cancel', async () => {
    const question = freshId('cancel');
    server.plan(question, { text: 'nunca', firstTokenMs: 60_000 });
    const count = server.requests.length;
    const stopping = new AbortController();
    const answer = answerTo(question, { signal: stopping.signal }, modelAgentAt(server));
    const request = await server.requested(count + 1);
    stopping.abort(new Error('cancelled'));
    await expect(answer).rejects.toThrow('cancelled');
    expect(await inTime(request.over, () => 'the request goes on', 1_000)).toBe('cut_by_client');
  });
});

describe('what a server does not know', () => {
  const refusal = (status: number, message: string): Answering => ({ status, error: { message } });

  test('is left out, and not sent again where the server named it', async () => {
    const question = freshId('usage');
    server.plan(question, (asked) =>
      'stream_options' in asked
        ? { status: 422, error: { message: 'Extra inputs are not permitted: stream_options' } }
        : { text: TEXT },
    );
    const agent = modelAgentAt(server);
    expect(await answerTo(question, {}, agent)).toBe(TEXT);
    expect(await answerTo(question, {}, agent)).toBe(TEXT);
    expect(server.askedAbout(question).map((asked) => 'stream_options' in asked)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each([
    [400, 'registry/gemma does not support tools'],
    [404, 'No endpoints found that support tool use.'],
    [500, 'tools param requires --jinja flag'],
    [501, 'not implemented'],
  ])(
    'are tools (%i %s): what is known of the investigation then stands in the question',
    async (status, message) => {
      const question = `Status da INV-7? ${freshId('no tools')}`;
      server.plan(question, (asked) => ('tools' in asked ? { status, error: { message } } : { text: TEXT }));
      const answer = await answerTo(question, { stored: { 'INV-7': health } }, modelAgentAt(server));
      expect(answer).toBe(TEXT);
      const last = server.askedAbout(question).at(-1);
      expect(last).not.toHaveProperty('tools');
      const content = last?.messages.at(-1)?.content ?? '';
      expect(content).toContain('(evento 48, 2026-01-31T12:08:09.872Z)');
      expect(content).toContain('R$ 1.234.567,89');
    },
  );

  test('is not looked for in a request that is too long', async () => {
    const refused = refusal(400, 'This model has a maximum context length of 8192 tokens');
    await expect(ask([refused, { text: 'never' }])).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
  });

  test('is not looked for where the operator decided', async () => {
    const always = { tools: 'always' } as const;
    const refused = refusal(400, 'does not support tools');
    await expect(ask([refused, refused, refused], { settings: always })).rejects.toMatchObject({
      status: 400,
    });
    const { asked } = await ask([{ text: TEXT }], { settings: { tools: 'never' } });
    expect(asked[0]).not.toHaveProperty('tools');
  });
});

describe('tools', () => {
  const status = { name: 'status', arguments: { investigation_id: 'INV-7' } };
  const timeline = { name: 'timeline', arguments: { investigation_id: 'INV-7', latest: 2 } };

  test.each<readonly [string, Oddities]>([
    ['numbered, with ids', {}],
    ['not numbered', { without: ['tool_index'] }],
    ['without ids', { toolIds: [] }],
    ['with the same id', { toolIds: ['call_x', 'call_x'] }],
  ])('called two at once, %s', async (_what, oddities) => {
    const rounds: NonNullable<Circumstances['rounds']> = [];
    const { answer, asked } = await ask(
      [{ text: 'Vou ver. ', toolCalls: [status, timeline] }, { text: 'Pronto.' }],
      {
        oddities,
        rounds,
        stored: { 'INV-7': health },
      },
    );
    expect(answer).toBe('Vou ver. Pronto.');
    const calls = rounds[0]?.calls ?? [];
    expect(calls.map(({ name, arguments: given }) => [name, given])).toEqual([
      ['status', JSON.stringify(status.arguments)],
      ['timeline', JSON.stringify(timeline.arguments)],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    const [asking, ...results] = asked[1]?.messages.slice(-3) ?? [];
    expect(asking?.content).toBe('Vou ver. ');
    expect(results.map(({ tool_call_id }) => tool_call_id)).toEqual(calls.map(({ id }) => id));
  });

  test('that do not exist, or are asked with nonsense, tell the model so', async () => {
    const rounds: NonNullable<Circumstances['rounds']> = [];
    const toolCalls = [
      { name: 'delete_everything', arguments: {} },
      { name: 'status', arguments: '{"investigation_id":' },
      { name: 'anomalies', arguments: { investigation_id: '*.>' } },
      { name: 'timeline', arguments: { investigation_id: 'INV-7', latest: -1 } },
    ];
    const { answer } = await ask([{ toolCalls }, { text: TEXT }], { rounds });
    expect(answer).toBe(TEXT);
    const results = rounds[0]?.calls.map(({ result }) => result) ?? [];
    expect(results[0]).toContain('não existe');
    expect(results.slice(1).every((result) => result.includes('não são válidos'))).toBe(true);
  });

  test('are not called for ever', async () => {
    const { answer, asked } = await ask([
      { toolCalls: [status] },
      (request) => (request['tool_choice'] === 'none' ? { text: TEXT } : { toolCalls: [status] }),
    ]);
    expect(answer).toBe(TEXT);
    expect(asked).toHaveLength(6);
  });

  test('are not offered where no investigation was ever named', async () => {
    const question = freshId('oi');
    server.plan(question, { text: TEXT });
    await answerTo(question, {}, modelAgentAt(server));
    expect(server.askedAbout(question)[0]).not.toHaveProperty('tools');
  });

  test('are used only after the log has them', async () => {
    const question = `Status da INV-7? ${freshId('journal')}`;
    server.plan(question, { toolCalls: [status] }, { text: TEXT });
    let asked = 0;
    const onRecord = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      asked = server.askedAbout(question).length;
    };
    await answerTo(question, { onRecord }, modelAgentAt(server));
    expect(asked).toBe(1);
  });
});
