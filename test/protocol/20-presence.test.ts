import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { SseClient } from '../support/sse-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const maria = userToken({ sub: 'maria', name: 'Maria' });
const jose = userToken({ sub: 'jose', sessions: ['*'] });

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 3, workers: 0, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

/** `maria 2, anonymous 1`, in the order of their names. */
function listed({ data }: ServerFrame): string {
  const participants = data['participants'] as { user: { id: string } | null; connections: number }[];
  return participants
    .map(({ user, connections }) => `${user?.id ?? 'anonymous'} ${connections}`)
    .sort()
    .join(', ');
}

const shows =
  (expected: string) =>
  (frame: ServerFrame): boolean =>
    listed(frame) === expected;

async function allShow(
  sockets: readonly SocketClient[],
  expected: string,
  deadlineMs = 2_000,
): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.untilPresence(shows(expected), deadlineMs)));
}

describe('on one gateway', () => {
  it('tells a lone socket of itself', async () => {
    await using socket = await system.openChat(freshId('s'));
    const { data } = await socket.untilPresence(() => true);
    expect(data).toEqual({ participants: [{ user: null, connections: 1 }], joined: [null] });
    await using named = await system.openChat(freshId('s'), { token: maria });
    const told = await named.untilPresence(() => true);
    const user = { id: 'maria', name: 'Maria' };
    expect(told.data).toEqual({ participants: [{ user, connections: 1 }], joined: [user] });
    expect(told).not.toHaveProperty('cursor');
  });

  it('is not for investigation sockets', async () => {
    const id = freshId('INV');
    await using one = await system.openInvestigation(id);
    await using other = await system.openInvestigation(id);
    await using chat = await system.openChat(freshId('s'));
    await chat.untilPresence(() => true);
    expect([...one.presence, ...other.presence]).toEqual([]);
  });
});

describe('over several gateways', () => {
  it('counts every socket of everybody, whoever it is connected to', async () => {
    const session = freshId('s');
    const first = await system.openChat(session, { gateway: 0, token: maria });
    await using second = await system.openChat(session, { gateway: 1, token: maria });
    await using third = await system.openChat(session, { gateway: 2, token: jose });
    await allShow([first, second, third], 'jose 1, maria 2');
    expect(third.presence.flatMap(({ data }) => data['joined'] ?? [])).toContainEqual({ id: 'jose' });
    await using tab = await system.openChat(session, { gateway: 0, token: jose });
    await allShow([first, second, third, tab], 'jose 2, maria 2');
    await first.close();
    await allShow([second, third, tab], 'jose 2, maria 1');
    expect(second.presence.at(-1)?.data).not.toHaveProperty('left');
    await second.close();
    await allShow([third, tab], 'jose 2');
    expect(third.presence.at(-1)?.data['left']).toEqual([{ id: 'maria', name: 'Maria' }]);
  });

  it('counts readers of streams, and keeps sessions apart', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(freshId('s'), { gateway: 1 });
    const stream = await SseClient.open(system.url(`/sse/chat/${session}`, { gateway: 1 }));
    await allShow([socket], 'anonymous 2');
    await stream.until((frame) => frame.type === 'presence' && listed(frame) === 'anonymous 2');
    await stream.cut();
    await allShow([socket, other], 'anonymous 1');
  });

  it('follows a socket that says who it is', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session, { gateway: 0 });
    await using named = await system.openChat(session, { gateway: 1 });
    await allShow([socket, named], 'anonymous 2');
    named.send({ type: 'auth', data: { token: maria } });
    await named.next('authenticated');
    await allShow([named], 'maria 1'); // The session is hers now: the anonymous socket was closed.
    expect((await socket.closed).reason).toBe('Forbidden');
  });
});
