import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, isEnd, typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';

const agent = new PuppetAgent();
const MAX_ANSWER_BYTES = 256 * 1_024;

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

/** The chunks among frames, after checking that they count without holes. */
function chunksOf(frames: readonly ServerFrame[]): string[] {
  const chunks = frames.filter(({ type }) => type === 'chat');
  expect(chunks.map(({ data }) => data['chunk_index'])).toEqual(chunks.map((_, index) => index));
  return chunks.map(({ data }) => data['content'] as string);
}

function durable(frames: readonly ServerFrame[]): readonly (readonly [string, string])[] {
  return frames.filter(({ cursor }) => cursor !== undefined).map(({ id, type }) => [id, type]);
}

describe('one chat', () => {
  it('is told to every socket of the session on every gateway, and to nobody else', async () => {
    const session = freshId('s');
    await using asking = await system.openChat(session);
    await using beside = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1, subProtocols: [] });
    await using stranger = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, asking);
    await finishChat(chat, asking, ['Um, ', 'dois, ', 'três.']);
    await beside.next('chat_complete');
    await elsewhere.next('chat_complete');
    for (const socket of [asking, beside, elsewhere]) {
      const types = typesOf(socket.frames);
      expect(types.slice(0, 3)).toEqual(['connection', 'chat_accepted', 'typing']);
      expect(types.slice(3, -1)).toEqual(types.slice(3, -1).map(() => 'chat'));
      expect(types.at(-1)).toBe('chat_complete');
      expect(chunksOf(socket.frames).join('')).toBe('Um, dois, três.');
      expect(socket.frames.at(-1)?.data['content']).toBe('Um, dois, três.');
    }
    expect(durable(beside.frames)).toEqual(durable(asking.frames));
    expect(durable(elsewhere.frames)).toEqual(durable(asking.frames));
    expect(await stranger.untilPong()).toEqual([]);
  });

  it('keeps its order and counts without holes over many chunks', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    const pieces = Array.from({ length: 500 }, (_, index) => `${index} `);
    for (const piece of pieces) {
      chat.call.say(piece);
      if (Number(piece) % 10 === 0) await socket.untilPong();
    }
    chat.call.end();
    await socket.next('chat_complete').catch(() => undefined);
    const end = socket.frames.at(-1);
    expect(chunksOf(socket.frames).length).toBeGreaterThan(10);
    expect(chunksOf(socket.frames).join('')).toBe(pieces.join(''));
    expect(end?.data['content']).toBe(pieces.join(''));
  });

  it('may have no text at all', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    const end = await finishChat(chat, socket, []);
    expect(end.data).toMatchObject({ status: 'completed', content: '' });
    expect(chunksOf(socket.frames)).toEqual([]);
  });

  it('has one end and nothing after it', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const failing = await holdChat(agent, socket);
    failing.call.say('Há ');
    await socket.next('chat');
    failing.call.fail(new Error('the model is gone'));
    const error = await socket.next('error');
    expect(error.data).toEqual({
      code: 'CHAT_FAILED',
      message: 'Erro ao processar mensagem',
      request_id: failing.requestId,
      retryable: true,
    });
    await finishChat(await holdChat(agent, socket), socket);
    const ofFailed = socket.frames.filter(({ data }) => data['request_id'] === failing.requestId);
    expect(typesOf(ofFailed)).toEqual(['chat_accepted', 'typing', 'chat', 'error']);
  });

  it('goes on when the socket that asked is gone', async () => {
    const session = freshId('s');
    const asking = await system.openChat(session);
    await using other = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, asking);
    await asking.cut();
    expect((await finishChat(chat, other)).data).toMatchObject({ status: 'completed', content: 'Pronto.' });
  });
});

describe('an answer', () => {
  it('may have 256 KiB as the JSON string it is sent as', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    // A line end takes two bytes in JSON, the quotes around it all another two.
    const text = '\n'.repeat(MAX_ANSWER_BYTES / 2 - 1);
    expect(JSON.stringify(text)).toHaveLength(MAX_ANSWER_BYTES);
    const end = await finishChat(chat, socket, [text.slice(0, 1_000), text.slice(1_000)]);
    expect(end.data['content']).toBe(text);
  });

  it('that exceeds it ends in CHAT_FAILED, not retryable', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    const end = await finishChat(chat, socket, ['a'.repeat(1_000), '\n'.repeat(MAX_ANSWER_BYTES / 2)]);
    expect(end.data).toEqual({
      code: 'CHAT_FAILED',
      message: 'Erro ao processar mensagem',
      request_id: chat.requestId,
      retryable: false,
    });
    expect(end.channel).toBe('session');
  });
});

describe('at most 8 chats', () => {
  async function busySession(): Promise<{
    session: string;
    sockets: SocketClient[];
    chats: Awaited<ReturnType<typeof holdChat>>[];
  }> {
    const session = freshId('s');
    const sockets: SocketClient[] = [];
    const chats = [];
    for (let count = 0; count < 8; count += 1) {
      const socket = await system.openChat(session, { gateway: count % 2 });
      sockets.push(socket);
      chats.push(await holdChat(agent, socket));
    }
    return { session, sockets, chats };
  }

  it('run in a session, on all gateways together; when one has ended the next may start', async () => {
    const { session, sockets, chats } = await busySession();
    await using ninth = await system.openChat(session);
    // What runs is told by the channel: what came before the ninth socket is seen in its own time.
    for (const { requestId } of chats) {
      ninth.send({ type: 'chat', id: requestId, data: { message: 'de novo' } });
      await ninth.next('chat_accepted');
    }
    ninth.send({ type: 'chat', id: 'ninth', data: { message: 'mais uma' } });
    expect((await ninth.next('error')).data).toEqual({
      code: 'LIMIT',
      message: 'Limite atingido',
      request_id: 'ninth',
      retryable: true,
    });
    const [first, ...others] = chats;
    if (first === undefined) throw new Error('nothing runs');
    await finishChat(first, ninth);
    const chat = await holdChat(agent, ninth);
    for (const running of [chat, ...others]) await finishChat(running, ninth);
    for (const socket of sockets) await socket[Symbol.asyncDispose]();
  });

  it('run in a session also when all are asked in the same instant', async () => {
    const session = freshId('s');
    const message = freshId('pergunta');
    const sockets = await Promise.all(Array.from({ length: 10 }, () => system.openChat(session)));
    sockets.forEach((socket, index) => socket.send({ type: 'chat', id: `r-${index}`, data: { message } }));
    const answers = await Promise.all(
      sockets.map((socket, index) =>
        socket.nextWhere(
          ({ type, data }) =>
            (type === 'chat_accepted' || type === 'error') && data['request_id'] === `r-${index}`,
        ),
      ),
    );
    expect(answers.filter(({ type }) => type === 'chat_accepted')).toHaveLength(8);
    expect(answers.filter(({ data }) => data['code'] === 'LIMIT')).toHaveLength(2);
    for (let count = 0; count < 8; count += 1) (await agent.call(message)).end();
    for (const socket of sockets) await socket[Symbol.asyncDispose]();
  });
});

describe('when a worker is lost', () => {
  it('another goes on where it stopped, and chunk_index goes on counting', async () => {
    await using own = await System.start({ agent });
    await using socket = await own.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    chat.call.say('Um, ');
    await socket.next('chat');
    chat.call.say('dois, ');
    await socket.next('chat');
    await own.workers[0]?.[Symbol.asyncDispose]();
    await own.addWorker();
    const call = await agent.call(chat.message);
    expect(call.after).toBe('Um, dois, ');
    call.say('três.');
    call.end();
    await socket.next('chat_complete');
    expect(chunksOf(socket.frames).join('')).toBe('Um, dois, três.');
    expect(typesOf(socket.frames)).not.toContain('chat_restart');
    expect(socket.frames.at(-1)?.data).toMatchObject({ status: 'completed', content: 'Um, dois, três.' });
  });

  it('that is going away, another takes over at once', async () => {
    await using own = await System.start({ agent, environment: { ACK_WAIT_MS: '30000' } });
    await using socket = await own.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    chat.call.say('Um, ');
    await socket.next('chat');
    await own.addWorker();
    await own.workers[0]?.drain();
    const call = await agent.call(chat.message);
    expect(call.after).toBe('Um, ');
    call.say('dois.');
    call.end();
    expect((await socket.nextWhere((frame) => isEnd(frame))).data).toMatchObject({ content: 'Um, dois.' });
    expect(chunksOf(socket.frames).join('')).toBe('Um, dois.');
  });
});
