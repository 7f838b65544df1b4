import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionShards, type SessionStream } from '../../../shared/bus-protocol/session-shards.ts';
import { finishChat, holdChat, isEnd } from '../../support/chat-steps.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { runOperatorCommand } from '../../support/operator-command.ts';
import { PuppetAgent } from '../../support/puppet-agent.ts';
import type { BrokerMessage } from '../../support/publisher.ts';
import { cursorOf } from '../../support/server-frame.ts';
import { System } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';

const SHARDS = new SessionShards(2);

let system: System;
let agent: PuppetAgent;
beforeAll(async () => {
  agent = new PuppetAgent();
  system = await System.start({
    shards: SHARDS,
    gateways: 2,
    workers: 2,
    agent,
    environment: { JWT_SECRET: USER_TOKEN_SECRET },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

/** A session nobody has used, in this stream. */
function sessionIn(stream: SessionStream): string {
  for (;;) {
    const id = freshId('s');
    if (SHARDS.streamOf(id) === stream) return id;
  }
}

const stored = (session: string) => system.publisher.readAll('SESSIONS', `session.${session}.>`);
const texts = (messages: readonly BrokerMessage[]): string[] => messages.map(({ text }) => text);
const forget = (message: object) => system.publisher.store('control.forget', message);
const erased = (session: string) =>
  eventually(
    () => stored(session),
    (left) => left.length === 0,
  );

async function historyOf(session: string, token?: string): Promise<unknown[]> {
  await using socket = await system.openChat(session, token === undefined ? {} : { token });
  socket.send({ type: 'history' });
  return (await socket.next('history')).data['events'] as unknown[];
}

describe.each(SHARDS.streams)('a session in %s', (stream) => {
  it('is stored there, seen on every gateway, and taken up again on another', async () => {
    const session = sessionIn(stream);
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, one);
    chat.call.say('um ');
    const first = await other.next('chat');
    await other.cut();
    await finishChat(chat, one, ['dois ', 'três']);
    const seen = one.frames.filter(({ cursor, type }) => cursor !== undefined && type !== 'connection');

    await using again = await system.openChat(session, { gateway: 1, since: cursorOf(first) });
    expect(again.frames[0]?.data['recovered']).toBe(true);
    const missed = await again.until((frame) => isEnd(frame));
    expect(missed.map(({ id }) => id)).toEqual(seen.slice(2).map(({ id }) => id));
    // From the beginning, too.
    const [welcome] = one.frames;
    await using fresh = await system.openChat(session, {
      gateway: 1,
      since: welcome?.data['cursor'] as string,
    });
    expect((await fresh.until((frame) => isEnd(frame))).map(({ id }) => id)).toEqual(
      seen.map(({ id }) => id),
    );

    expect(
      await system.publisher.lastStored('SESSIONS', `session.${session}.chat.${chat.requestId}`),
    ).toBeDefined();
    expect(await historyOf(session)).toHaveLength(2);
  });

  it('gets what any service publishes plainly, between its own events and in history', async () => {
    const session = sessionIn(stream);
    await using socket = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, socket);
    system.publisher.publish(`session.${session}.notification`, { text: 'um' });
    expect((await socket.next('notification')).data).toEqual({ text: 'um' });
    await finishChat(chat, socket);
    expect(await system.publisher.store(`session.${session}.notification`, { text: 'dois' })).toBeGreaterThan(
      0,
    );
    expect((await socket.next('notification')).data).toEqual({ text: 'dois' });
    expect(await historyOf(session)).toMatchObject([
      { type: 'chat_accepted' },
      { type: 'notification', data: { text: 'um' } },
      { type: 'chat_complete' },
      { type: 'notification', data: { text: 'dois' } },
    ]);
  });

  it('answers a repeat and obeys a cancel, through whichever gateway', async () => {
    const session = sessionIn(stream);
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    const chat = await holdChat(agent, one);
    other.send({ type: 'chat', id: chat.requestId, data: { message: chat.message } });
    expect((await other.nextWhere(({ data }) => data['duplicate'] === true)).type).toBe('chat_accepted');
    other.send({ type: 'cancel', data: { request_id: chat.requestId } });
    for (const socket of [one, other]) {
      expect((await socket.next('chat_complete')).data['status']).toBe('cancelled');
    }
  });

  it('is forgotten, and sessions beside it are not', async () => {
    const [session, neighbour] = [sessionIn(stream), sessionIn(stream)];
    for (const each of [session, neighbour]) {
      await using socket = await system.openChat(each);
      await finishChat(await holdChat(agent, socket), socket);
      await system.publisher.store(`session.${each}.notification`, { text: 'x' });
    }
    const kept = await stored(neighbour);
    expect(kept.length).toBeGreaterThan(3);
    await forget({ session_id: session });
    await erased(session);
    expect(texts(await stored(neighbour))).toEqual(texts(kept));
    expect(await historyOf(session)).toEqual([]);
  });

  it('is found by an operator who asks for it, or for one of its chats', async () => {
    const session = sessionIn(stream);
    await using socket = await system.openChat(session);
    const { requestId, ...chat } = await holdChat(agent, socket);
    await finishChat({ requestId, ...chat }, socket);
    const environment = { NATS_URL: system.nats.url, STREAM_SHARDS: String(SHARDS.count) };
    for (const asked of [
      ['session', session],
      ['request', requestId],
    ]) {
      const { code, output } = await runOperatorCommand('inspect', [...asked, '--json'], environment);
      expect(code).toBe(0);
      expect(JSON.parse(output)).toMatchObject({
        known: true,
        findings: [
          {
            about: { session_id: session },
            broker: { stream: { name: stream }, kept: [{ what: 'chat', id: requestId }] },
          },
        ],
      });
    }
  });
});

describe('sessions in several streams', () => {
  it('are where the broker puts them, whatever they are called', async () => {
    for (let index = 0; index < 200; index += 1) {
      const session = freshId(`${'x'.repeat(index % 80)}_-${index}`);
      const sequence = await system.publisher.store(`session.${session}.notification`, { index });
      const [notification, ...others] = await stored(session);
      expect({ sequence, text: notification?.text, others }).toEqual({
        sequence: expect.any(Number) as number,
        text: JSON.stringify({ index }),
        others: [],
      });
    }
  });

  it('of one user are forgotten in all of them', async () => {
    const sub = freshId('maria');
    const token = userToken({ sub });
    const sessions = SHARDS.streams.flatMap((stream) => [sessionIn(stream), sessionIn(stream)]);
    for (const session of sessions) {
      await using socket = await system.openChat(session, { token });
      await finishChat(await holdChat(agent, socket), socket);
    }
    await forget({ sub });
    for (const session of sessions) await erased(session);
  });

  it('are followed through a restart of the broker', async () => {
    const sessions = SHARDS.streams.map(sessionIn);
    const sockets = await Promise.all(
      sessions.map((session, gateway) => system.openChat(session, { gateway })),
    );
    const told = async (text: string): Promise<void> => {
      for (const session of sessions)
        await system.publisher.store(`session.${session}.notification`, { text });
      for (const socket of sockets) expect((await socket.next('notification')).data).toEqual({ text });
    };
    await told('antes');
    await system.nats.kill();
    await system.nats.restart();
    await told('depois');
    for (const socket of sockets) await socket.cut();
  });
});
