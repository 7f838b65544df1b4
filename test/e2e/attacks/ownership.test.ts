import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdChat } from '../../support/chat-steps.ts';
import { freshId } from '../../support/fresh-id.ts';
import { PuppetAgent } from '../../support/puppet-agent.ts';
import { cursorOf, type ServerFrame } from '../../support/server-frame.ts';
import type { Closing, SocketClient } from '../../support/socket-client.ts';
import { System, type SocketOptions } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';

const FORBIDDEN: Closing = { code: 1008, reason: 'Forbidden' };

let system: System;
let agent: PuppetAgent;
beforeAll(async () => {
  agent = new PuppetAgent();
  system = await System.start({ gateways: 2, agent, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

const tokenOf = (sub: string): string => userToken({ sub });

/** Everything a socket is told before it is shut out: nothing. */
async function shutOut(session: string, options: SocketOptions): Promise<void> {
  await using socket = await system.connect(`/ws/chat/${session}`, options);
  // Sent before anybody could have said no.
  socket.send({ type: 'history' });
  socket.send({ type: 'chat', data: { message: 'deixe-me entrar' } });
  expect(await socket.closed).toEqual(FORBIDDEN);
  expect(socket.frames).toEqual([]);
}

/** An error without what is different by nature. */
const shapeOf = ({ type, data }: ServerFrame): unknown => ({
  type,
  ...data,
  request_id: typeof data['request_id'],
});

describe('a session that belongs to somebody', () => {
  it.each([0, 1])(
    'is shut to another user, to nobody, and to both with its cursor, on gateway %i',
    async (gateway) => {
      const session = freshId('s');
      const maria = tokenOf(freshId('maria'));
      await using owner = await system.openChat(session, { token: maria });
      const { call } = await holdChat(agent, owner, { message: freshId('segredo') });
      call.say('resposta');
      const since = cursorOf(await owner.next('chat'));
      for (const token of [tokenOf(freshId('joão')), undefined]) {
        const options = { gateway, ...(token === undefined ? {} : { token }) };
        await shutOut(session, options);
        await shutOut(session, { ...options, since });
      }
      call.end();
      await owner.next('chat_complete');
      await owner.untilPong();
      expect(agent.callsFor('deixe-me entrar')).toEqual([]);
    },
  );

  it('is one user’s, whoever of two comes first, on whichever gateway', async () => {
    for (let round = 0; round < 10; round += 1) {
      const session = freshId('s');
      const rivals = await Promise.all(
        [0, 1, 0, 1].map((gateway, index) =>
          system.connect(`/ws/chat/${session}`, { gateway, token: tokenOf(`rival-${index % 2}`) }),
        ),
      );
      const fates = await Promise.all(
        rivals.map((socket) =>
          Promise.race([
            socket.next('connection').then(() => 'in'),
            socket.closed.then(({ reason }) => reason),
          ]),
        ),
      );
      // Two sockets of each: one rival is in with both, the other with none.
      expect([fates[0], fates[1]].sort()).toEqual(['Forbidden', 'in']);
      expect([fates[2], fates[3]]).toEqual([fates[0], fates[1]]);
      await Promise.all(rivals.map((socket) => socket.cut()));
    }
  });

  it('ends the anonymous sockets that were there before, on every gateway', async () => {
    const session = freshId('s');
    await using early = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1 });
    await using owner = await system.openChat(session, { token: tokenOf(freshId('maria')) });
    expect(await early.closed).toEqual(FORBIDDEN);
    expect(await elsewhere.closed).toEqual(FORBIDDEN);
    await owner.untilPong();
  });

  it('is still, after a socket without a token was refused and the gateway is another', async () => {
    const session = freshId('s');
    const owner = await system.openChat(session, { token: tokenOf(freshId('maria')) });
    await owner.close();
    await system.addGateway();
    await shutOut(session, { gateway: system.gateways.length - 1 });
  });

  it('is taken by an anonymous socket that shows a token, and by no second one', async () => {
    const session = freshId('s');
    await using first = await system.openChat(session);
    await using second = await system.openChat(session, { gateway: 1 });
    first.send({ type: 'auth', data: { token: tokenOf(freshId('maria')) } });
    await first.next('authenticated');
    second.send({ type: 'auth', data: { token: tokenOf(freshId('joão')) } });
    expect(await second.closed).toEqual(FORBIDDEN);
    await first.untilPong();
  });

  it('is open to whom the claim names, and to operators', async () => {
    const session = freshId('s');
    await using owner = await system.openChat(session, { token: tokenOf(freshId('maria')) });
    for (const sessions of [[session], ['*'], ['other', session]]) {
      await using guest = await system.openChat(session, {
        token: userToken({ sub: freshId('joão'), sessions }),
        gateway: 1,
      });
      await guest.untilPong();
    }
    await shutOut(session, { token: userToken({ sub: freshId('joão'), sessions: [`${session}x`, ''] }) });
    await owner.untilPong();
  });
});

describe('another session’s chat', () => {
  it('can be neither cancelled nor seen, and looks the same as one that does not exist', async () => {
    await using mine = await system.openChat(freshId('s'), { token: tokenOf(freshId('joão')) });
    await using theirs = await system.openChat(freshId('s'), {
      token: tokenOf(freshId('maria')),
      gateway: 1,
    });
    const { requestId, call } = await holdChat(agent, theirs);
    const answerTo = async (message: object): Promise<ServerFrame> => {
      mine.send(message);
      return mine.next('error');
    };
    const foreign = await answerTo({ type: 'cancel', data: { request_id: requestId } });
    const unknown = await answerTo({ type: 'cancel', data: { request_id: freshId('r') } });
    expect(shapeOf(foreign)).toEqual(shapeOf(unknown));
    expect(foreign.data['code']).toBe('NOT_FOUND');
    call.say('segue');
    call.end();
    expect((await theirs.next('chat_complete')).data).toMatchObject({
      status: 'completed',
      content: 'segue',
    });
    // The same id here is a chat of its own.
    mine.send({ type: 'chat', id: requestId, data: { message: freshId('outra') } });
    expect((await mine.next('chat_accepted')).data['duplicate']).toBeUndefined();
    expect(mine.frames.filter(({ type }) => type === 'chat')).toEqual([]);
  });

  it('gives nothing to a cursor of it', async () => {
    await using theirs = await system.openChat(freshId('s'));
    const { call } = await holdChat(agent, theirs, { message: freshId('segredo') });
    call.say('resposta');
    const since = cursorOf(await theirs.next('chat'));
    call.end();
    await theirs.next('chat_complete');
    await using mine = await system.openChat(freshId('s'), { since });
    expect(await mine.untilPong()).toEqual([]);
    mine.send({ type: 'history', data: { before: since } });
    expect((await mine.next('history')).data['events']).toEqual([]);
  });

  it('gives nothing to a made-up cursor, and is not slowed by one', async () => {
    await using mine = await system.openChat(freshId('s'));
    const [welcome] = mine.frames;
    if (welcome === undefined) throw new Error('there was no welcome');
    const epoch = cursorOf(welcome).slice(0, 8);
    const cursor = (...numbers: bigint[]): string =>
      epoch + Buffer.from([1, ...numbers.flatMap(varint)]).toString('base64url');
    for (const since of [
      cursor(0n),
      cursor(1n, 1n),
      cursor(2n ** 40n),
      cursor(2n ** 53n - 1n),
      cursor(0n, 2n ** 52n),
    ]) {
      const startedAtMs = Date.now();
      await using again = await system.openChat(freshId('s'), { since });
      expect(await again.untilPong()).toEqual([]);
      mine.send({ type: 'history', data: { before: since } });
      expect((await mine.next('history')).data['events']).toEqual([]);
      expect(Date.now() - startedAtMs).toBeLessThan(2_000);
    }
  });
});

describe('an investigation that is not public', () => {
  let gateway: number;
  beforeAll(async () => {
    await system.addGateway({ INVESTIGATION_ACCESS: 'claim' });
    gateway = system.gateways.length - 1;
  });

  const member = (investigations: readonly string[]): string =>
    userToken({ sub: freshId('maria'), investigations });

  it('is shut to who has no claim for it, as a socket, a subscription and a cursor', async () => {
    const investigation = freshId('INV');
    await using reader = await system.openInvestigation(investigation, {
      gateway,
      token: member([investigation]),
    });
    await system.publisher.store(`investigation.${investigation}.finding`, { a: 1 });
    const since = cursorOf(await reader.next('investigation_finding'));
    for (const token of [
      undefined,
      tokenOf(freshId('joão')),
      member([`${investigation}x`]),
      member([investigation.slice(0, -1)]),
    ]) {
      const options = { gateway, since, ...(token === undefined ? {} : { token }) };
      await using socket = await system.connect(`/ws/investigations/${investigation}`, options);
      expect(await socket.closed).toEqual(FORBIDDEN);
      expect(socket.frames).toEqual([]);
      await using chatting = await system.openChat(freshId('s'), {
        gateway,
        ...(token === undefined ? {} : { token }),
      });
      chatting.send({ type: 'subscribe', data: { investigation_id: investigation, since } });
      expect((await chatting.next('error')).data['code']).toBe('FORBIDDEN');
      await system.publisher.store(`investigation.${investigation}.finding`, { a: 2 });
      await reader.next('investigation_finding');
      expect(await chatting.untilPong()).toEqual([]);
    }
  });

  it('reaches of a session only the sockets whose own token allows it', async () => {
    const [session, investigation] = [freshId('s'), freshId('INV')];
    const sub = freshId('maria');
    const sockets: readonly SocketClient[] = await Promise.all([
      system.openChat(session, { gateway, token: userToken({ sub, investigations: [investigation] }) }),
      system.openChat(session, { gateway, token: userToken({ sub, investigations: ['*'] }) }),
      system.openChat(session, { gateway, token: userToken({ sub }) }),
      system.openChat(session, { gateway, token: userToken({ sub, investigations: ['other'] }) }),
    ]);
    sockets[0]?.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await sockets[0]?.next('subscribed');
    await sockets[1]?.untilPong();
    await system.publisher.store(`investigation.${investigation}.finding`, { a: 1 });
    await sockets[0]?.next('investigation_finding');
    await sockets[1]?.next('investigation_finding');
    expect(await sockets[2]?.untilPong()).toEqual([]);
    expect(await sockets[3]?.untilPong()).toEqual([]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

/** A number as cursors hold it: seven bits a byte, the least first. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left % 128n) | 128);
  return [...bytes, Number(left)];
}
