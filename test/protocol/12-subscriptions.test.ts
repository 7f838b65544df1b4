import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

/** A pair of gateways where investigations are public, and one where they need a claim. */
const BY_CLAIM = 2;

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, workers: 0, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
  await system.addGateway({ INVESTIGATION_ACCESS: 'claim' });
});
afterAll(() => system[Symbol.asyncDispose]());

async function subscribe(socket: SocketClient, id: string, since?: string): Promise<ServerFrame> {
  socket.send({
    type: 'subscribe',
    data: { investigation_id: id, ...(since === undefined ? {} : { since }) },
  });
  return socket.nextWhere(({ type, data }) => type === 'subscribed' && data['investigation_id'] === id);
}

async function publish(id: string, ...steps: readonly number[]): Promise<void> {
  for (const step of steps) await system.publisher.store(`investigation.${id}.progress`, { step });
}

/** Takes everything up to this step, and gives the steps of the investigation among it. */
async function stepsUpTo(socket: SocketClient, id: string, last: number): Promise<unknown[]> {
  const frames = await socket.until(
    ({ channel, data }) => channel === `investigation.${id}` && data['step'] === last,
  );
  return frames.filter(({ channel }) => channel === `investigation.${id}`).map(({ data }) => data['step']);
}

describe('subscribe', () => {
  it('brings every later event, once and in order', async () => {
    const id = freshId('INV');
    await publish(id, 1, 2);
    await using socket = await system.openChat(freshId('s'));
    const subscribed = await subscribe(socket, id);
    expect(Object.keys(subscribed.data).sort()).toEqual(['cursor', 'investigation_id', 'message']);
    await publish(id, 3, 4, 5);
    expect(await stepsUpTo(socket, id, 5)).toEqual([3, 4, 5]);
  });

  it('is confirmed to the asking socket only', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    await using asking = await system.openChat(session);
    await using other = await system.openChat(session);
    await subscribe(asking, id);
    await publish(id, 1);
    await other.next('investigation_progress');
    expect(typesOf(other.frames)).not.toContain('subscribed');
  });

  it('is the session’s: every socket on every gateway gets the events, also one that comes later', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    await using asking = await system.openChat(session);
    await using beside = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1, subProtocols: [] });
    await using stranger = await system.openChat(freshId('s'));
    await subscribe(asking, id);
    await publish(id, 1, 2);
    for (const socket of [asking, beside, elsewhere]) {
      expect(await stepsUpTo(socket, id, 2)).toEqual([1, 2]);
    }
    await using later = await system.openChat(session);
    await using laterElsewhere = await system.openChat(session, { gateway: 1 });
    await publish(id, 3);
    for (const socket of [asking, beside, elsewhere, later, laterElsewhere]) {
      expect(await stepsUpTo(socket, id, 3)).toEqual([3]);
    }
    expect(await stranger.untilPong()).toEqual([]);
  });

  it('outlives all sockets of the session', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    const socket = await system.openChat(session);
    await subscribe(socket, id);
    await socket.close();
    await publish(id, 1);
    await using back = await system.openChat(session, { gateway: 1 });
    await publish(id, 2);
    expect(await stepsUpTo(back, id, 2)).toEqual([2]);
  });

  it('may be for many investigations, each a channel of its own', async () => {
    const ids = Array.from({ length: 20 }, () => freshId('INV'));
    await using socket = await system.openChat(freshId('s'));
    await Promise.all(ids.map((id) => subscribe(socket, id)));
    for (const id of ids) await publish(id, 1);
    for (const id of ids) {
      const { channel } = await socket.nextWhere(({ data }) => data['investigation_id'] === id);
      expect(channel).toBe(`investigation.${id}`);
    }
    expect(await socket.untilPong()).toEqual([]);
  });
});

describe('with since', () => {
  it('brings what was missed, then what is live', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    const socket = await system.openChat(session);
    await subscribe(socket, id);
    await publish(id, 1);
    const since = cursorOf(await socket.next('investigation_progress'));
    await socket.cut();
    await publish(id, 2, 3);
    await using back = await system.openChat(session, { gateway: 1 });
    const subscribed = await subscribe(back, id, since);
    expect(subscribed.data).toMatchObject({ cursor: since, recovered: true });
    await publish(id, 4);
    expect(await stepsUpTo(back, id, 4)).toEqual([2, 3, 4]);
  });

  it('brings what was missed also when the socket got later events before it asked', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    const socket = await system.openChat(session);
    const since = cursorOf(await subscribe(socket, id));
    await socket.cut();
    await publish(id, 1);
    await using back = await system.openChat(session);
    await publish(id, 2);
    expect(await stepsUpTo(back, id, 2)).toEqual([2]);
    expect((await subscribe(back, id, since)).data['recovered']).toBe(true);
    await publish(id, 3);
    expect(await stepsUpTo(back, id, 3)).toEqual([1, 2, 3]);
  });

  it('is not recovered from another storage, and starts at the oldest event kept', async () => {
    const id = freshId('INV');
    await publish(id, 1, 2);
    await using socket = await system.openChat(freshId('s'));
    const foreign = cursorOf(socket.frames[0] as ServerFrame);
    expect((await subscribe(socket, id, foreign)).data['recovered']).toBe(false);
    expect(await stepsUpTo(socket, id, 2)).toEqual([1, 2]);
  });

  it('that is no cursor is INVALID_MESSAGE, and nothing is subscribed', async () => {
    const id = freshId('INV');
    await using socket = await system.openChat(freshId('s'));
    for (const since of ['garbage', 'x', 'A'.repeat(512), 'AAAAAAAAAAAA', '../../etc']) {
      socket.send({ type: 'subscribe', data: { investigation_id: id, since } });
      expect((await socket.next('error')).data).toMatchObject({ code: 'INVALID_MESSAGE' });
    }
    await publish(id, 1);
    await system.publisher.flush();
    expect(await socket.untilPong()).toEqual([]);
  });
});

describe('once more', () => {
  it('starts the channel anew on the asking socket and repeats nothing on others', async () => {
    const [session, id] = [freshId('s'), freshId('INV')];
    await using asking = await system.openChat(session);
    await using other = await system.openChat(session);
    const start = cursorOf(await subscribe(asking, id));
    await publish(id, 1, 2, 3);
    expect(await stepsUpTo(asking, id, 3)).toEqual([1, 2, 3]);
    await subscribe(asking, id, start);
    expect(await stepsUpTo(asking, id, 3)).toEqual([1, 2, 3]);
    await subscribe(asking, id);
    await publish(id, 4);
    expect(await stepsUpTo(asking, id, 4)).toEqual([4]);
    expect(await stepsUpTo(other, id, 4)).toEqual([1, 2, 3, 4]);
  });

  it('loses and repeats nothing while events are coming', async () => {
    const id = freshId('INV');
    await using socket = await system.openChat(freshId('s'));
    const start = cursorOf(await subscribe(socket, id));
    const count = 300;
    const publishing = publish(id, ...Array.from({ length: count }, (_, index) => index));
    for (let round = 0; round < 5; round += 1) {
      socket.send({ type: 'subscribe', data: { investigation_id: id, since: start } });
      // What came before it does not count.
      await socket.until(({ type }) => type === 'subscribed');
      const last = round === 4 ? count - 1 : 20 * (round + 1);
      const expected = Array.from({ length: last + 1 }, (_, index) => index);
      expect(await stepsUpTo(socket, id, last)).toEqual(expected);
    }
    await publishing;
  });
});

describe('unsubscribe', () => {
  it('ends it for every socket on every gateway, and for those that come later', async () => {
    const [session, id, fence] = [freshId('s'), freshId('INV'), freshId('INV')];
    await using asking = await system.openChat(session);
    await using beside = await system.openChat(session);
    await using elsewhere = await system.openChat(session, { gateway: 1 });
    await subscribe(asking, id);
    await subscribe(asking, fence);
    await publish(id, 1);
    for (const socket of [asking, beside, elsewhere]) expect(await stepsUpTo(socket, id, 1)).toEqual([1]);
    beside.send({ type: 'unsubscribe', data: { investigation_id: id } });
    expect((await beside.next('unsubscribed')).data).toEqual({ investigation_id: id });
    await using later = await system.openChat(session, { gateway: 1 });
    await publish(id, 2);
    await publish(fence, 1);
    for (const socket of [asking, beside, elsewhere, later]) {
      const frames = await socket.until(({ channel }) => channel === `investigation.${fence}`);
      expect(frames.map(({ channel }) => channel)).toEqual([`investigation.${fence}`]);
    }
    expect(typesOf(asking.frames)).not.toContain('unsubscribed');
  });

  it('is answered where there was no subscription', async () => {
    await using socket = await system.openChat(freshId('s'));
    socket.send({ type: 'unsubscribe', data: { investigation_id: 'never' } });
    expect((await socket.next('unsubscribed')).data).toEqual({ investigation_id: 'never' });
  });

  it('is undone by subscribe', async () => {
    const id = freshId('INV');
    await using socket = await system.openChat(freshId('s'));
    await subscribe(socket, id);
    socket.send({ type: 'unsubscribe', data: { investigation_id: id } });
    await socket.next('unsubscribed');
    await publish(id, 1);
    await subscribe(socket, id);
    await publish(id, 2);
    expect(await stepsUpTo(socket, id, 2)).toEqual([2]);
  });
});

it('gives each socket only what its own token allows', async () => {
  const [session, id] = [freshId('s'), freshId('INV')];
  const gateway = BY_CLAIM;
  const allowed = userToken({ sub: 'maria', investigations: [id] });
  const narrow = userToken({ sub: 'maria' });
  await using owner = await system.openChat(session, { gateway, token: allowed });
  await using limited = await system.openChat(session, { gateway, token: narrow });
  await using all = await system.openChat(session, {
    gateway,
    token: userToken({ sub: 'maria', investigations: ['*'] }),
  });
  await subscribe(owner, id);
  await publish(id, 1);
  await system.publisher.store(`session.${session}.notification`, { last: true });
  for (const socket of [owner, all]) expect(await stepsUpTo(socket, id, 1)).toEqual([1]);
  await limited.next('notification');
  expect(await limited.untilPong()).toEqual([]);
  limited.send({ type: 'subscribe', data: { investigation_id: id } });
  expect((await limited.next('error')).data).toEqual({
    code: 'FORBIDDEN',
    message: 'Acesso negado',
    retryable: false,
  });
});
