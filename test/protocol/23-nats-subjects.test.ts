import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import { chatRequest } from '../../shared/bus-protocol/chat-request.ts';
import { cancelMessage } from '../../shared/bus-protocol/cancel.ts';
import { sessionState } from '../../shared/bus-protocol/session-state.ts';
import { finishChat, holdChat } from '../support/chat-steps.ts';
import { eventually } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import type { BrokerMessage } from '../support/publisher.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';
import { tableUnder } from './protocol-page.ts';

const agent = new PuppetAgent();

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

function json(message: BrokerMessage | undefined): unknown {
  return message === undefined ? undefined : JSON.parse(message.text);
}

it('are in the table', () => {
  expect(tableUnder('NATS subjects').map(([subject]) => subject)).toEqual([
    'investigation.<id>.anomaly',
    'investigation.<id>.<kind>',
    'session.<id>.notification',
    'chat.request.<session_id>.<request_id>',
    'session.<id>.chat.<request_id>',
    'session.<id>.cancel.<request_id>',
    'state.session.<id>',
    'control.revoke',
    'control.forget',
    'control.forgotten',
    'live.>',
  ]);
});

describe('a publisher', () => {
  it('needs no more than a plain publish', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    await using socket = await system.openChat(session);
    await using watching = await system.openInvestigation(id);
    system.publisher.publish(`session.${session}.notification`, { plain: true });
    system.publisher.publish(`investigation.${id}.anomaly`, { severity: 'high' });
    expect((await socket.next('notification')).data).toEqual({ plain: true });
    expect((await watching.next('anomaly_detected')).data['severity']).toBe('high');
  });

  it('that wants to know gets an acknowledgement, and whoever comes later the event', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    const watching = await system.openInvestigation(id);
    const since = watching.frames[0]?.data['cursor'] as string;
    await watching.cut();
    expect(await system.publisher.store(`session.${session}.notification`, {})).toBeGreaterThan(0);
    expect(await system.publisher.store(`investigation.${id}.finding`, { text: 'x' })).toBeGreaterThan(0);
    await using back = await system.openInvestigation(id, { since });
    expect((await back.next('investigation_finding')).data['text']).toBe('x');
  });

  it('may set headers of its own', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const headers = {
      'Nats-Msg-Id': freshId('mine'),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'x=1',
      'X-Other': 'á',
    };
    await system.publisher.store(`session.${session}.notification`, { a: 1 }, headers);
    expect((await socket.next('notification')).data).toEqual({ a: 1 });
  });
});

it('live.> has what the durable subjects stored, with its sequence and the one before on its subject', async () => {
  const id = freshId('INV');
  const heard = await system.publisher.listen(`live.investigation.${id}.*`);
  const first = await system.publisher.store(`investigation.${id}.a`, { n: 1 });
  await system.publisher.store(`investigation.${id}.b`, { n: 2 });
  const third = await system.publisher.store(`investigation.${id}.a`, { n: 3 });
  await eventually(
    () => heard.length,
    (count) => count === 3,
  );
  expect(heard.map((message) => [message.subject, json(message)])).toEqual([
    [`live.investigation.${id}.a`, { n: 1 }],
    [`live.investigation.${id}.b`, { n: 2 }],
    [`live.investigation.${id}.a`, { n: 3 }],
  ]);
  expect(heard[0]?.header('Nats-Sequence')).toBe(String(first));
  expect(heard[0]?.header('Nats-Last-Sequence')).toBe('0');
  expect(heard[2]?.header('Nats-Sequence')).toBe(String(third));
  expect(heard[2]?.header('Nats-Last-Sequence')).toBe(String(first));
});

describe('a chat', () => {
  it('is an item of the work queue with the first event of its log, until it has ended', async () => {
    await using own = await System.start({
      agent,
      workers: 0,
      environment: { JWT_SECRET: USER_TOKEN_SECRET },
    });
    const session = freshId('s');
    const token = userToken({ sub: 'maria', name: 'Maria', investigations: ['INV-1', 'INV-2'] });
    await using socket = await own.openChat(session, { token });
    socket.send({ type: 'subscribe', data: { investigation_id: 'INV-7' } });
    await socket.next('subscribed');
    const message = freshId('pergunta');
    socket.send({ type: 'chat', id: 'r-1', data: { message, agent_id: 'zumbi' } });
    const accepted = await socket.next('chat_accepted');

    const subject = `chat.request.${session}.r-1`;
    const item = await own.publisher.lastStored('CHAT_REQUESTS', subject);
    const request = chatRequest.parse(json(item));
    expect(request).toEqual({
      accepted: { message_id: expect.any(String) as string, event: expect.any(String) as string },
      agent_id: 'zumbi',
      asker: { sub: 'maria', investigations: ['INV-1', 'INV-2'] },
      subscriptions: ['INV-7'],
    });
    const { type, data, timestamp, id } = accepted;
    expect(JSON.parse(request.accepted.event)).toEqual({ type, data, timestamp, id });
    const log = await own.publisher.lastStored('SESSIONS', `session.${session}.chat.r-1`);
    expect(log?.text).toBe(request.accepted.event);
    expect(log?.header('Nats-Msg-Id')).toBe(request.accepted.message_id);

    await own.addWorker();
    (await agent.call(message)).end();
    await socket.next('chat_complete');
    await eventually(
      () => own.publisher.lastStored('CHAT_REQUESTS', subject),
      (stored) => stored === undefined,
    );
  });

  it('has a log of what clients get and what stays between the workers', async () => {
    const session = freshId('s');
    const heard = await system.publisher.listen(`live.session.${session}.chat.*`);
    await using socket = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    chat.call.say('Um ');
    await socket.next('chat');
    await finishChat(chat, socket, ['dois.']);
    await eventually(
      () => heard.at(-1)?.text ?? '',
      (text) => text.includes('chat_complete'),
    );
    const events = heard.map((message) => chatLogEvent.parse(json(message)));
    expect(events.map(({ type }) => type)).toEqual([
      'chat_accepted',
      'claim',
      'chat',
      'chat',
      'chat_complete',
    ]);
    expect(events[1]?.data).toMatchObject({ attempt: 1, item: expect.any(Number) as number });
    const sent = socket.frames.filter(({ cursor }) => cursor !== undefined);
    const forClients = heard.filter((_, index) => events[index]?.type !== 'claim');
    expect(forClients.map(json)).toEqual(
      sent.map(({ type, data, timestamp, id }) => ({ type, data, timestamp, id })),
    );
    const messageIds = heard.map(({ header }) => header('Nats-Msg-Id'));
    expect(messageIds).not.toContain(undefined);
    expect(new Set(messageIds).size).toBe(heard.length);
    const begins = heard[0]?.header('Nats-Sequence');
    expect(heard.slice(1).map(({ header }) => header('Chat-Accepted-Sequence'))).toEqual(
      heard.slice(1).map(() => begins),
    );
  });

  it('is cancelled by a durable message', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    socket.send({ type: 'cancel', data: { request_id: chat.requestId } });
    await socket.next('chat_complete');
    const stored = await system.publisher.lastStored(
      'SESSIONS',
      `session.${session}.cancel.${chat.requestId}`,
    );
    expect(Object.keys(cancelMessage.parse(json(stored)))).toEqual(['requested_at']);
  });
});

describe('the record of a session', () => {
  it('has its owner, its subscriptions and its chats', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session, { token: userToken({ sub: 'maria' }) });
    socket.send({ type: 'subscribe', data: { investigation_id: 'INV-1' } });
    const { data } = await socket.next('subscribed');
    const chat = await holdChat(agent, socket);
    await finishChat(chat, socket);
    const state = sessionState.parse(
      json(await system.publisher.lastStored('SESSION_STATE', `state.session.${session}`)),
    );
    expect(state).toMatchObject({
      owner: 'maria',
      subscriptions: [{ investigation_id: 'INV-1', cursor: data['cursor'] }],
    });
    expect(state.chats.map(([requestId]) => requestId)).toEqual([chat.requestId]);
    expect(Math.abs(Date.now() - state.seen_at)).toBeLessThan(60_000);
  });

  it('is not made for a session in which nothing happened', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await socket.untilPong();
    expect(await system.publisher.lastStored('SESSION_STATE', `state.session.${session}`)).toBeUndefined();
  });
});
