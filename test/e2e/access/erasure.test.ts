import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat } from '../../support/chat-steps.ts';
import { eventually, inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { PuppetAgent } from '../../support/puppet-agent.ts';
import { System } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';

const REVOKED = { code: 1008, reason: 'Revoked' };

let system: System;
let agent: PuppetAgent;
beforeAll(async () => {
  agent = new PuppetAgent();
  system = await System.start({
    gateways: 2,
    workers: 2,
    agent,
    environment: { JWT_SECRET: USER_TOKEN_SECRET },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

const forget = (message: object): Promise<number> => system.publisher.store('control.forget', message);
const stored = async (session: string, { publisher } = system): Promise<readonly string[]> =>
  (await publisher.readAll('SESSIONS', `session.${session}.>`)).map(({ text }) => text);
const erased = (session: string): Promise<unknown> => eventually(() => stored(session), isEmpty);
const isEmpty = (messages: readonly unknown[]): boolean => messages.length === 0;

async function recordOf(session: string): Promise<Record<string, unknown>> {
  const record = await system.publisher.lastStored('SESSION_STATE', `state.session.${session}`);
  return JSON.parse(record?.text ?? '{}') as Record<string, unknown>;
}

describe('control.forget', () => {
  it('of a session erases its events and its record, closes its sockets, and leaves the owner', async () => {
    const [session, sub, investigation] = [freshId('s'), freshId('maria'), freshId('INV')];
    const token = userToken({ sub });
    await using one = await system.openChat(session, { token, gateway: 0 });
    await using other = await system.openChat(session, { token, gateway: 1 });
    await finishChat(await holdChat(agent, one), one);
    one.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await one.next('subscribed');
    await system.publisher.store(`session.${session}.notification`, { text: 'lembrete' });
    await one.next('notification');

    await forget({ session_id: session });
    for (const socket of [one, other]) {
      expect(await inTime(socket.closed, () => 'still open', 1_000)).toEqual(REVOKED);
    }
    await erased(session);
    const { owner, subscriptions, chats } = await recordOf(session);
    expect({ owner, subscriptions, chats }).toEqual({ owner: sub, subscriptions: [], chats: [] });

    await using again = await system.openChat(session, { token });
    again.send({ type: 'history' });
    expect((await again.next('history')).data).toEqual({ events: [], more: false });
    await using stranger = await system.connect(`/ws/chat/${session}`, {
      token: userToken({ sub: freshId('joão') }),
    });
    expect(await stranger.closed).toEqual({ code: 1008, reason: 'Forbidden' });
  });

  it('leaves other sessions alone, and what the session says afterwards', async () => {
    const session = freshId('s');
    const neighbour = `${session}-2`;
    await using spared = await system.openChat(neighbour);
    await finishChat(await holdChat(agent, spared), spared);
    const before = await stored(neighbour);
    await using socket = await system.openChat(session);
    await finishChat(await holdChat(agent, socket), socket);
    await forget({ session_id: session });
    await socket.closed;
    await erased(session);
    await using again = await system.openChat(session);
    await finishChat(await holdChat(agent, again, { id: 'depois' }), again);
    again.send({ type: 'history' });
    const { events } = (await again.next('history')).data as { events: { data: object }[] };
    expect(events.map(({ data }) => data)).toMatchObject([
      { request_id: 'depois' },
      { request_id: 'depois' },
    ]);
    expect(await stored(neighbour)).toEqual(before);
    await spared.untilPong();
  });

  it('ends a running chat: its agent is told, and nothing of it is written any more', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const held = await holdChat(agent, socket);
    held.call.say('até aqui');
    await socket.next('chat');
    await forget({ session_id: session });
    await socket.closed;
    await erased(session);
    held.call.say('e mais nada');
    await eventually(
      () => held.call.request.signal.aborted,
      (aborted) => aborted,
    );
    expect(await stored(session)).toEqual([]);
    expect(agent.callsFor(held.message)).toHaveLength(1);
  });

  it('of a sub erases every session that belongs to it, and no other', async () => {
    const [sub, other] = [freshId('maria'), freshId('joão')];
    const mine = [freshId('s'), freshId('s'), freshId('s')];
    const theirs = freshId('s');
    for (const session of mine) {
      await using socket = await system.openChat(session, { token: userToken({ sub }) });
      await finishChat(await holdChat(agent, socket), socket);
    }
    await using guest = await system.openChat(theirs, { token: userToken({ sub: other }) });
    await finishChat(await holdChat(agent, guest), guest);
    const before = await stored(theirs);
    await forget({ sub });
    for (const session of mine) await erased(session);
    expect(await stored(theirs)).toEqual(before);
    await guest.untilPong();
  });
});

describe('control.forget and the queue', () => {
  it('takes waiting chats out, so that no worker ever runs them, and nobody else’s', async () => {
    const puppet = new PuppetAgent();
    await using own = await System.start({ workers: 0, agent: puppet });
    const [session, message] = [freshId('s'), freshId('pergunta')];
    const [before, after] = [freshId('antes'), freshId('depois')];
    await using neighbour = await own.openChat(freshId('s'));
    neighbour.send({ type: 'chat', data: { message: before } });
    await neighbour.next('chat_accepted');
    await using other = await own.openChat(freshId('s'));
    await using socket = await own.openChat(session);
    socket.send({ type: 'chat', id: 'r', data: { message } });
    await socket.next('chat_accepted');
    other.send({ type: 'chat', data: { message: after } });
    await other.next('chat_accepted');
    await own.publisher.store('control.forget', { session_id: session });
    await socket.closed;
    await eventually(() => stored(session, own), isEmpty);
    await eventually(
      () => own.publisher.count('CHAT_REQUESTS'),
      (left) => left === 2,
    );
    await own.addWorker();
    // Those of others are answered, from before it and after it.
    for (const spared of [before, after]) {
      (await inTime(puppet.call(spared), () => `${spared} is lost`)).end();
    }
    await Promise.all([neighbour.next('chat_complete'), other.next('chat_complete')]);
    expect(puppet.callsFor(message)).toEqual([]);
    expect(await stored(session, own)).toEqual([]);
  });

  it('a worker that has an item of before the erasure writes nothing of it', async () => {
    const puppet = new PuppetAgent();
    await using own = await System.start({ workers: 0, agent: puppet });
    const [session, message] = [freshId('s'), freshId('pergunta')];
    await using socket = await own.openChat(session);
    socket.send({ type: 'chat', id: 'r', data: { message } });
    await socket.next('chat_accepted');
    await socket.close();
    // The mark alone: as if the item had been handed out just before the queue was purged.
    const mark = { subscriptions: [], chats: [], seen_at: Date.now(), forgotten_at: Date.now() + 1_000 };
    await own.publisher.store(`state.session.${session}`, mark);
    const before = await stored(session, own);
    await own.addWorker();
    await using witness = await own.openChat(freshId('s'));
    await finishChat(await holdChat(puppet, witness), witness);
    expect(puppet.callsFor(message)).toEqual([]);
    expect(await stored(session, own)).toEqual(before);
  });
});
