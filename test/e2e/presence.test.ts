import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';
import { testEnvironment } from '../support/test-environment.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const maria = userToken({ sub: 'maria', name: 'Maria' });

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

describe('many sockets of one session', () => {
  it('tells who comes when everybody comes at once in few messages', async () => {
    const session = freshId('s');
    const announced = await system.publisher.listen('internal.presence.*');
    const sockets = await Promise.all(
      Array.from({ length: 60 }, (_, index) => system.openChat(session, { gateway: index % 3 })),
    );
    await allShow(sockets, 'anonymous 60');
    const most = Math.max(...sockets.map(({ presence }) => presence.length));
    expect(most).toBeLessThan(20);
    expect(announced.length).toBeLessThan(60);
    await Promise.all(sockets.map((socket) => socket.cut()));
  });

  it('says nothing to other gateways while a session is on one only', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session, { gateway: 0 });
    await allShow([socket], 'anonymous 1');
    const announced = await system.publisher.listen('internal.presence.*');
    await using tab = await system.openChat(session, { gateway: 0 });
    await allShow([socket, tab], 'anonymous 2');
    const about = announced.filter(({ text }) => text.includes(session));
    expect(about).toEqual([]);
  });
});

describe('a gateway', () => {
  it('that goes away takes its sockets along', async () => {
    const session = freshId('s');
    const going = await system.addGateway();
    await using socket = await system.openChat(session, { gateway: 0 });
    await using lost = await system.openChat(session, { gateway: system.gateways.indexOf(going) });
    await allShow([socket, lost], 'anonymous 2');
    await going[Symbol.asyncDispose]();
    await allShow([socket], 'anonymous 1');
  });

  it('that is killed is taken out within two seconds', async () => {
    const session = freshId('s');
    await using killed = new ServiceProcess(
      'gateway',
      testEnvironment(system.nats.url, { JWT_SECRET: USER_TOKEN_SECRET }),
    );
    const { port } = await killed.logged('listening');
    await using stays = await system.openChat(session, { gateway: 0, token: maria });
    await using elsewhere = await system.openChat(session, { gateway: 1, token: maria });
    const path = `ws://127.0.0.1:${String(port)}/ws/chat/${session}?token=${maria}`;
    const lost = await Promise.all([SocketClient.connect(path), SocketClient.connect(path)]);
    await allShow([stays, elsewhere, ...lost], 'maria 4');
    killed.signal('SIGKILL');
    const killedAt = performance.now();
    await allShow([stays, elsewhere], 'maria 2', 4_000);
    expect(performance.now() - killedAt).toBeLessThan(2_000);
  });

  it('that comes later learns who is there', async () => {
    const session = freshId('s');
    await using one = await system.openChat(session, { gateway: 0, token: maria });
    const late = await system.addGateway();
    await using other = await system.openChat(session, {
      gateway: system.gateways.indexOf(late),
      token: maria,
    });
    await allShow([one, other], 'maria 2');
    expect(other.presence.map(listed)).toEqual(['maria 2']);
  });
});

describe('while the broker is away', () => {
  it('nobody is taken out, and what changed meanwhile is told when it is back', async () => {
    const session = freshId('s');
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    const leaving = await system.openChat(session, { gateway: 1 });
    await allShow([one, other], 'anonymous 3');
    system.nats.pause();
    const told = one.presence.length;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(one.presence.slice(told)).toEqual([]);
    await leaving.cut();
    system.nats.resume();
    await allShow([one, other], 'anonymous 2', 5_000);
    expect(one.presence.slice(told).map(listed)).toEqual(['anonymous 2']);
    await system.nats.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    const joined = await system.nats.restart().then(() => system.openChat(session, { gateway: 1 }));
    await allShow([one, other, joined], 'anonymous 3', 10_000);
    const since = one.presence.slice(told + 1).map(listed);
    expect(new Set(since)).toEqual(new Set(['anonymous 3']));
    await joined.close();
  });
});
