import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEnd } from '../support/chat-steps.ts';
import { inTime } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { propertyOptions } from '../support/property-options.ts';
import { ModelServer, type ModelRequestBody } from '../support/model-server.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const INVESTIGATION = 'INV-7';
const statusCall = { name: 'status', arguments: { investigation_id: INVESTIGATION } };

let server: ModelServer;
let system: System;
beforeAll(async () => {
  server = await ModelServer.start(17);
  system = await System.start({
    environment: {
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_MODEL: 'modelo',
      OPENAI_HISTORY_TOKENS: '1000',
      JWT_SECRET: USER_TOKEN_SECRET,
      INVESTIGATION_ACCESS: 'claim',
    },
  });
  await system.publisher.store(['investigation', INVESTIGATION, 'anomaly'].join('.'), {
    severity: 'high',
    description: 'Preço 300% acima da média',
    amount: 1234.5,
  });
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Asks and waits for the end. */
async function chat(socket: SocketClient, message: string): Promise<ServerFrame[]> {
  const id = freshId('r');
  socket.send({ type: 'chat', id, data: { message } });
  return socket.until((frame) => isEnd(frame, id));
}

function said({ messages }: ModelRequestBody): (string | null | undefined)[][] {
  return messages.slice(1).map(({ role, content }) => [role, content]);
}

describe('a conversation with a model', () => {
  test('goes on where it was, with every turn and who said it', async () => {
    const [sessionId, mark] = [freshId('s'), freshId('m')];
    const ana = await system.openChat(sessionId, { token: userToken({ sub: 'u1', name: 'Ana' }) });
    const bia = await system.openChat(sessionId, {
      token: userToken({ sub: 'u2', name: 'Bia', sessions: [sessionId] }),
    });
    server.plan(`primeira ${mark}`, { text: 'Olá, Ana.' });
    server.plan(`segunda ${mark}`, { text: 'um dois três', pieceLength: 3, betweenTokensMs: 60_000 });
    server.plan(`terceira ${mark}`, { status: 401 });
    server.plan(`quarta ${mark}`, { text: 'Aqui estou.' });

    await chat(ana, `primeira ${mark}`);
    const id = freshId('r');
    ana.send({ type: 'chat', id, data: { message: `segunda ${mark}` } });
    await ana.nextWhere(({ type, data }) => type === 'chat' && data['request_id'] === id);
    ana.send({ type: 'cancel', data: { request_id: id } });
    const cancelled = await ana.nextWhere((frame) => isEnd(frame, id));
    expect(cancelled.data).toMatchObject({ status: 'cancelled', content: 'um ' });
    const failed = await chat(ana, `terceira ${mark}`);
    expect(failed.at(-1)?.data).toMatchObject({ code: 'CHAT_FAILED', retryable: false });
    await chat(bia, `quarta ${mark}`);

    const [asked] = server.askedAbout(`quarta ${mark}`);
    expect(asked && said(asked)).toEqual([
      ['user', `[Ana] primeira ${mark}`],
      ['assistant', 'Olá, Ana.'],
      ['user', `[Ana] segunda ${mark}`],
      ['assistant', 'um \n\n(Resposta interrompida a pedido do usuário.)'],
      ['user', `[Ana] terceira ${mark}`],
      ['assistant', '(Não houve resposta: erro ao processar a mensagem.)'],
      ['user', `[Bia] quarta ${mark}`],
    ]);
  });

  test('forgets the oldest turns first, and is no other session\u2019s', async () => {
    const socket = await system.openChat(freshId('s'));
    for (const number of [1, 2, 3, 4]) {
      server.plan(`longa ${number}`, { text: String(number).repeat(900), pieceLength: 300 });
      await chat(socket, `longa ${number}`);
    }
    const last = freshId('e agora');
    await chat(socket, last);
    const [asked] = server.askedAbout(last);
    const questions = (asked ? said(asked) : []).filter(([role]) => role === 'user').map(([, text]) => text);
    expect(questions).toEqual(['longa 2', 'longa 3', 'longa 4', last]);

    const other = await system.openChat(freshId('s'));
    const alone = freshId('sozinha');
    await chat(other, alone);
    expect(server.askedAbout(alone).map((request) => request.messages.length)).toEqual([2]);
  });
});

/** What Markdown is made of, and what is easily broken: pairs, joiners, marks, ends of lines, blanks, entities. */
const markdown = fc
  .array(
    fc.constantFrom(
      ...[
        '# ',
        '**',
        '_',
        '`',
        '```js\n',
        '| a | b |\n| -- | :-: |\n',
        '- ',
        '> ',
        '\\',
        '[x](http://y)',
        '<b>',
      ],
      ...['\n', '\r\n', '\n\n', '  \n', '\t', ' ', '\u00a0', '\u2028', '&amp;', '"', '\u0001', 'R$ 1.234,56'],
      ...['ação', 'a\u0303', '😀', '👩🏽‍⚕️', '🇧🇷', '𝒳', '漢', '\u200d', '\ufeff', '\uffff', 'palavra'],
    ),
    { minLength: 1, maxLength: 300 },
  )
  .map((parts) => `.${parts.join('')}`);

describe('an answer of a model', () => {
  test('is byte for byte what the model said, whatever Markdown it is and wherever its server cuts it', async () => {
    const socket = await system.openChat(freshId('s'));
    await fc.assert(
      fc.asyncProperty(markdown, fc.integer({ min: 1, max: 7 }), async (text, pieceLength) => {
        const question = freshId('texto');
        server.plan(question, { text, pieceLength });
        const frames = await chat(socket, question);
        const chunks = frames
          .filter(({ type }) => type === 'chat')
          .map(({ data }) => String(data['content']));
        expect(chunks.join('')).toBe(text);
        expect(frames.at(-1)?.data).toMatchObject({ status: 'completed', content: text });
        for (const chunk of chunks) expect(Buffer.from(chunk).toString()).toBe(chunk);
      }),
      propertyOptions(40),
    );
    await socket.close();
  });

  test('is byte for byte what the model said, in chunks that end between code points', async () => {
    const question = freshId('markdown');
    const text = '| órgão | 👩🏽‍⚕️ |\n| :-- | --: |\n\n```\n\ta && b  \n```\n\n> fim 🇧🇷\n'.repeat(40);
    server.plan(question, { text });
    const frames = await chat(await system.openChat(freshId('s')), question);
    const chunks = frames
      .filter(({ type }) => type === 'chat')
      .map(({ data: { content } }) => String(content));
    expect(chunks.join('')).toBe(text);
    for (const chunk of chunks) expect(Buffer.from(chunk).toString()).toBe(chunk);
    expect(frames.at(-1)?.data).toMatchObject({ status: 'completed', content: text });
  });

  test('lets go of the model within a second of its cancel', async () => {
    const question = freshId('cancel');
    server.plan(question, { text: 'nunca', firstTokenMs: 60_000 });
    const count = server.requests.length;
    const socket = await system.openChat(freshId('s'));
    const id = freshId('r');
    socket.send({ type: 'chat', id, data: { message: question } });
    const request = await server.requested(count + 1);
    socket.send({ type: 'cancel', data: { request_id: id } });
    expect(await inTime(request.over, () => 'the model goes on', 1_000)).toBe('cut_by_client');
    expect((await socket.nextWhere((frame) => isEnd(frame, id))).data).toMatchObject({ status: 'cancelled' });
  });

  test('holds up no other, however slow its model is', async () => {
    const [slow, quick] = [freshId('lenta'), freshId('rápida')];
    server.plan(slow, { text: 'nunca', firstTokenMs: 60_000 });
    server.plan(quick, { text: 'Pronto.' });
    const count = server.requests.length;
    const waiting = await system.openChat(freshId('s'));
    const id = freshId('r');
    waiting.send({ type: 'chat', id, data: { message: slow } });
    await server.requested(count + 1);
    const frames = await chat(await system.openChat(freshId('s')), quick);
    expect(frames.at(-1)?.data).toMatchObject({ content: 'Pronto.' });
    waiting.send({ type: 'cancel', data: { request_id: id } });
    await waiting.nextWhere((frame) => isEnd(frame, id));
  });

  test('knows only the investigations that the asker may see', async () => {
    const question = `Status da ${INVESTIGATION}? ${freshId('q')}`;
    server.plan(question, ({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool' ? { text: last.content ?? '' } : { toolCalls: [statusCall] };
    });
    const answerFor = async (investigations: readonly string[]): Promise<unknown> => {
      const token = userToken({ sub: freshId('u'), investigations });
      const frames = await chat(await system.openChat(freshId('s'), { token }), question);
      return frames.at(-1)?.data['content'];
    };
    expect(await answerFor(['INV-8'])).toBe(
      `Nenhum evento conhecido da investigação \`${INVESTIGATION}\`. Nada pode ser afirmado sobre ela.`,
    );
    expect(await answerFor([INVESTIGATION])).toContain('1 anomalia: 1 de gravidade alta');
  });

  test('shows its look-ups to no client', async () => {
    const question = `Status da ${INVESTIGATION}? ${freshId('q')}`;
    server.plan(question, { text: 'Vou ver. ', toolCalls: [statusCall] }, { text: 'Está bem.' });
    const sessionId = freshId('s');
    const socket = await system.openChat(sessionId);
    const frames = await chat(socket, question);
    expect(new Set(frames.map(({ type }) => type))).toEqual(
      new Set(['chat_accepted', 'typing', 'chat', 'chat_complete']),
    );
    const [accepted] = frames;
    const requestId = String(accepted?.data['request_id']);
    const log = await system.publisher.readAll(
      'SESSIONS',
      ['session', sessionId, 'chat', requestId].join('.'),
    );
    expect(log.filter(({ text }) => text.startsWith('{"type":"tool_calls"'))).toHaveLength(1);
    // Nor does a replay or the history.
    const replayed = await system.openChat(sessionId, { since: accepted?.cursor ?? '' });
    const again = await replayed.until((frame) => isEnd(frame, requestId));
    expect(again.map(({ type }) => type)).not.toContain('tool_calls');
    socket.send({ type: 'history', data: {} });
    const history = JSON.stringify((await socket.next('history')).data);
    expect(history).toContain('Está bem.');
    expect(history).not.toContain('tool_calls');
  });
});

describe('a worker that is lost while its model speaks', () => {
  /** The first worker gets as far as some text after a look-up; the second takes over. */
  async function takeOver(canContinue: boolean) {
    const environment = {
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_CONTINUE: String(canContinue),
    };
    await using pair = await System.start({ environment });
    const question = `Status da ${INVESTIGATION}? ${freshId('q')}`;
    const stalls = { text: 'Há três contratos', pieceLength: 9, betweenTokensMs: 60_000 };
    server.plan(question, { toolCalls: [statusCall] }, stalls, { text: ' suspeitos.', pieceLength: 50 });
    const socket = await pair.openChat(freshId('s'));
    const id = freshId('r');
    socket.send({ type: 'chat', id, data: { message: question } });
    const before = await socket.until(({ type }) => type === 'chat');
    await pair.addWorker();
    await pair.workers[0]?.[Symbol.asyncDispose]();
    const after = await socket.until((frame) => isEnd(frame, id));
    const types = [...before, ...after].map(({ type }) => type).filter((type) => type !== 'typing');
    return { types, end: after.at(-1)?.data, asked: server.askedAbout(question) };
  }

  test('is followed by one that goes on after its text, where the server does, and looks nothing up again', async () => {
    const { types, end, asked } = await takeOver(true);
    expect(types).toEqual(['chat_accepted', 'chat', 'chat', 'chat_complete']);
    expect(end).toMatchObject({ content: 'Há três c suspeitos.' });
    expect(asked).toHaveLength(3);
    expect(asked[2]?.messages.slice(-3).map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
    expect(asked[2]?.messages.at(-1)?.content).toBe('Há três c');
  });

  test('is followed by one that starts again elsewhere, and looks nothing up again either', async () => {
    const { types, end, asked } = await takeOver(false);
    expect(types).toEqual(['chat_accepted', 'chat', 'chat_restart', 'chat', 'chat_complete']);
    expect(end).toMatchObject({ content: ' suspeitos.' });
    expect(asked).toHaveLength(3);
    expect(asked[2]?.messages.slice(-2).map(({ role }) => role)).toEqual(['assistant', 'tool']);
    expect(asked[2]?.messages.at(-1)?.content).toBe(asked[1]?.messages.at(-1)?.content);
  });
});
