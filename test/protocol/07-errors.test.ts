import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_TEXTS } from '../../shared/socket-protocol/protocol-error.ts';
import { finishChat, holdChat } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';
import { tableUnder } from './protocol-page.ts';

const agent = new PuppetAgent();

/** Gateways by what is special about them. */
const USUAL = 0;
const SLOW = 1;
const FEW_SUBSCRIPTIONS = 2;
const STRICT = 3;
const BY_CLAIM = 4;
const FEW_CHATS = 5;

let system: System;
beforeAll(async () => {
  system = await System.start({ agent });
  await system.addGateway({ RATE_LIMIT_PER_SECOND: '1' });
  await system.addGateway({ MAX_SUBSCRIPTIONS: '2' });
  await system.addGateway({ MAX_ERRORS: '3' });
  await system.addGateway({ INVESTIGATION_ACCESS: 'claim' });
  await system.addGateway({ MAX_CHATS_PER_MINUTE: '2', JWT_SECRET: USER_TOKEN_SECRET });
});
afterAll(() => system[Symbol.asyncDispose]());

it('are all in the table, with the text that is sent', () => {
  const rows = tableUnder('Errors').map(([code, message]) => [
    code,
    message?.replace(' Aguarde N segundos.', ''),
  ]);
  expect(Object.fromEntries(rows)).toEqual(ERROR_TEXTS);
});

describe('each of one message', () => {
  it.each<[string, object | string, number, object]>([
    ['INVALID_MESSAGE', 'x', USUAL, { message: 'Mensagem inválida', retryable: false }],
    ['UNKNOWN_TYPE', { type: 'x' }, USUAL, { message: 'Tipo de mensagem desconhecido', retryable: false }],
    [
      'INVALID_ID',
      { type: 'subscribe', data: { investigation_id: 'a.b' } },
      USUAL,
      { message: 'Identificador inválido', retryable: false },
    ],
    [
      'FORBIDDEN',
      { type: 'subscribe', data: { investigation_id: 'INV-1' } },
      BY_CLAIM,
      { message: 'Acesso negado', retryable: false },
    ],
    [
      'NOT_FOUND',
      { type: 'cancel', data: { request_id: 'r-1' } },
      USUAL,
      { message: 'Não encontrado', retryable: false, request_id: 'r-1' },
    ],
  ])('%s goes to the socket that sent it, and to it only', async (code, message, gateway, fields) => {
    const id = freshId('s');
    await using socket = await system.openChat(id, { gateway });
    await using other = await system.openChat(id, { gateway });
    socket.send(message);
    expect((await socket.next('error')).data).toEqual({ code, ...fields });
    expect(await socket.untilPong()).toEqual([]);
    expect(await other.untilPong()).toEqual([]);
  });
});

describe('RATE_LIMIT', () => {
  it('says how long to wait, in milliseconds and in words', async () => {
    await using socket = await system.openChat(freshId('s'), { gateway: SLOW });
    for (let count = 0; count < 3; count += 1) socket.send({ type: 'ping' });
    const { data } = await socket.next('error');
    const wait = data['retry_after_ms'];
    expect(data).toEqual({
      code: 'RATE_LIMIT',
      message: 'Muitas mensagens. Aguarde 1 segundos.',
      retryable: true,
      retry_after_ms: expect.any(Number) as number,
    });
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(1_000);
    expect(socket.frames.filter(({ type }) => type === 'pong')).toHaveLength(2);
  });

  it('leaves the message without effect', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session, { gateway: SLOW });
    socket.send({ type: 'ping' });
    socket.send({ type: 'ping' });
    socket.send({ type: 'chat', id: 'r-1', data: { message: 'Olá' } });
    await socket.next('error');
    await using other = await system.openChat(session);
    other.send({ type: 'cancel', data: { request_id: 'r-1' } });
    expect((await other.next('error')).data['code']).toBe('NOT_FOUND');
  });
});

describe('RATE_LIMIT of chats', () => {
  /** Chats that end, one after the other. */
  async function askAndEnd(socket: SocketClient, id: string): Promise<void> {
    await finishChat(await holdChat(agent, socket, { id }), socket);
  }

  it('holds for a user in all sessions together, and neither for another user nor for repeats', async () => {
    const gateway = FEW_CHATS;
    const token = userToken({ sub: freshId('maria') });
    await using one = await system.openChat(freshId('s'), { gateway, token });
    await using other = await system.openChat(freshId('s'), { gateway, token });
    await askAndEnd(one, 'r-1');
    await askAndEnd(other, 'r-2');
    other.send({ type: 'chat', id: 'r-3', data: { message: 'Mais uma' } });
    const { data } = await other.next('error');
    const waitMs = Number(data['retry_after_ms']);
    expect(waitMs).toBeGreaterThan(30_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    expect(data).toEqual({
      code: 'RATE_LIMIT',
      message: `Muitas mensagens. Aguarde ${Math.ceil(waitMs / 1_000)} segundos.`,
      request_id: 'r-3',
      retryable: true,
      retry_after_ms: waitMs,
    });
    one.send({ type: 'chat', id: 'r-1', data: { message: 'de novo' } });
    expect((await one.nextWhere(({ data: { duplicate } }) => duplicate === true)).type).toBe('chat_accepted');
    await using stranger = await system.openChat(freshId('s'), {
      gateway,
      token: userToken({ sub: freshId('josé') }),
    });
    await askAndEnd(stranger, 'r-1');
  });

  it('holds for an address where there is no token', async () => {
    const gateway = FEW_CHATS;
    await using one = await system.openChat(freshId('s'), { gateway });
    await using other = await system.openChat(freshId('s'), { gateway });
    await askAndEnd(one, 'r-1');
    await askAndEnd(other, 'r-2');
    one.send({ type: 'chat', id: 'r-3', data: { message: 'Mais uma' } });
    expect((await one.next('error')).data).toMatchObject({ code: 'RATE_LIMIT', request_id: 'r-3' });
  });
});

describe('LIMIT', () => {
  const LIMIT = { code: 'LIMIT', message: 'Limite atingido', retryable: true };

  it('ends the subscriptions of a session, whichever socket asks, and not of another', async () => {
    const id = freshId('s');
    await using socket = await system.openChat(id, { gateway: FEW_SUBSCRIPTIONS });
    await using other = await system.openChat(id, { gateway: FEW_SUBSCRIPTIONS });
    const subscribe = (client: typeof socket, investigation: string): void =>
      client.send({ type: 'subscribe', data: { investigation_id: investigation } });
    subscribe(socket, 'INV-1');
    subscribe(socket, 'INV-2');
    await socket.next('subscribed');
    await socket.next('subscribed');
    subscribe(other, 'INV-3');
    expect((await other.next('error')).data).toEqual(LIMIT);
    // One that is there already is none more.
    subscribe(other, 'INV-1');
    await other.next('subscribed');
    other.send({ type: 'unsubscribe', data: { investigation_id: 'INV-1' } });
    await other.next('unsubscribed');
    subscribe(other, 'INV-3');
    await other.next('subscribed');
    await using stranger = await system.openChat(freshId('s'), { gateway: FEW_SUBSCRIPTIONS });
    subscribe(stranger, 'INV-3');
    await stranger.next('subscribed');
  });

  it('ends the waiting chats of a socket', async () => {
    await using socket = await system.openChat(freshId('s'));
    const chat = await holdChat(agent, socket);
    for (let count = 1; count <= 9; count += 1) {
      socket.send({ type: 'chat', id: `r-${count}`, data: { message: 'depois' } });
    }
    expect((await socket.next('error')).data).toEqual({ ...LIMIT, request_id: 'r-9' });
    for (let count = 1; count <= 8; count += 1) {
      socket.send({ type: 'cancel', data: { request_id: `r-${count}` } });
    }
    await finishChat(chat, socket);
  });
});

describe('more than MAX_ERRORS', () => {
  it('close the socket, and as many do not', async () => {
    const socket = await system.openChat(freshId('s'), { gateway: STRICT });
    for (let count = 0; count < 3; count += 1) {
      socket.send({ type: 'nonsense' });
      await socket.next('error');
    }
    expect(await socket.untilPong()).toEqual([]);
    socket.send({ type: 'nonsense' });
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
  });

  it('close an investigation socket and the original client alike, and nobody else', async () => {
    await using other = await system.openChat(freshId('s'), { gateway: STRICT });
    const socket = await system.openInvestigation(freshId('INV'), { gateway: STRICT, subProtocols: [] });
    for (let count = 0; count < 4; count += 1) socket.send('x');
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
    expect(await other.untilPong()).toEqual([]);
  });

  it('are 50 unless set otherwise', async () => {
    const socket = await system.openChat(freshId('s'));
    for (let count = 0; count < 50; count += 1) socket.send({ type: 'nonsense' });
    expect(await socket.untilPong()).toHaveLength(50);
    socket.send({ type: 'nonsense' });
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many errors' });
  });
});
