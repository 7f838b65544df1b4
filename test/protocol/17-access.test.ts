import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { System, type SocketOptions } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken, type TokenClaims } from '../support/user-token.ts';

/** Gateways by AUTH_MODE, then one with INVESTIGATION_ACCESS=claim. */
const REQUIRED = 2;
const OFF = 3;
const BY_CLAIM = 4;

const INVALID = { code: 1008, reason: 'Invalid authentication' };
const FORBIDDEN = { code: 1008, reason: 'Forbidden' };
const EXPIRED = { code: 1008, reason: 'Token expired' };

const maria = userToken({ sub: 'maria' });
const jose = userToken({ sub: 'josé' });

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
  await system.addGateway({ AUTH_MODE: 'required' });
  await system.addGateway({ AUTH_MODE: 'off' });
  await system.addGateway({ INVESTIGATION_ACCESS: 'claim' });
});
afterAll(() => system[Symbol.asyncDispose]());

/** How the server ends a socket that it does not welcome. */
async function refusal(path: string, options: SocketOptions): Promise<unknown> {
  const socket = await system.connect(path, options);
  const closing = await socket.closed;
  expect(socket.frames).toEqual([]);
  return closing;
}

const claims = (changes: Partial<TokenClaims>): string => userToken({ sub: 'josé', ...changes });

describe('AUTH_MODE', () => {
  it('required closes what has no token, and lets in what has one', async () => {
    for (const path of ['/ws/chat/', '/ws/investigations/']) {
      expect(await refusal(path + freshId('x'), { gateway: REQUIRED })).toEqual(INVALID);
      expect(await refusal(path + freshId('x'), { gateway: REQUIRED, token: '' })).toEqual(INVALID);
    }
    await using socket = await system.openChat(freshId('s'), { gateway: REQUIRED, token: maria });
    expect(await socket.untilPong()).toEqual([]);
  });

  it('off ignores tokens, good and bad, and nothing is owned', async () => {
    const session = freshId('s');
    await using first = await system.openChat(session, { gateway: OFF, token: maria });
    await using other = await system.openChat(session, { gateway: OFF, token: jose });
    await using bad = await system.openChat(session, { gateway: OFF, token: 'x' });
    await using none = await system.openChat(session, { gateway: OFF });
    first.send({ type: 'chat', data: { message: 'Olá' } });
    for (const socket of [first, other, bad, none]) {
      expect((await socket.next('chat_accepted')).data).not.toHaveProperty('user');
    }
  });

  it('optional is how it is unless set otherwise', async () => {
    await using anonymous = await system.openChat(freshId('s'));
    await using known = await system.openChat(freshId('s'), { token: maria });
    for (const socket of [anonymous, known]) expect(await socket.untilPong()).toEqual([]);
  });
});

describe('a token', () => {
  it.each<[string, string]>([
    ['of another key', userToken({ sub: 'maria' }, 'another-secret-of-more-than-thirty-two-bytes')],
    ['that has expired', userToken({ sub: 'maria', expiresInSeconds: -10 })],
    ['without a subject', userToken({ sub: '' })],
    ['that is good for too long', userToken({ sub: 'maria', expiresInSeconds: 25 * 3_600 })],
    ['that is no token', 'a.b.c'],
  ])('%s is refused', async (_, token) => {
    expect(await refusal(`/ws/chat/${freshId('s')}`, { token })).toEqual(INVALID);
  });

  it('that has just expired is within the tolerance for clocks, and ends at once', async () => {
    const socket = await system.connect(`/ws/chat/${freshId('s')}`, {
      token: userToken({ sub: 'maria', expiresInSeconds: -2 }),
    });
    expect(await socket.closed).toEqual(EXPIRED);
  });
});

describe('a session opened with a token', () => {
  it('is its subject’s, on every gateway', async () => {
    const session = freshId('s');
    await using owner = await system.openChat(session, { token: maria });
    await using elsewhere = await system.openChat(session, { gateway: 1, token: maria });
    for (const gateway of [0, 1]) {
      expect(await refusal(`/ws/chat/${session}`, { gateway, token: jose })).toEqual(FORBIDDEN);
      expect(await refusal(`/ws/chat/${session}`, { gateway })).toEqual(FORBIDDEN);
      expect(await refusal(`/ws/chat/${session}`, { gateway, subProtocols: [] })).toEqual(FORBIDDEN);
    }
    for (const socket of [owner, elsewhere]) expect(await socket.untilPong()).toEqual([]);
  });

  it('stays so after its last socket is gone', async () => {
    const session = freshId('s');
    const owner = await system.openChat(session, { token: maria });
    await owner.close();
    expect(await refusal(`/ws/chat/${session}`, { gateway: 1, token: jose })).toEqual(FORBIDDEN);
    await using back = await system.openChat(session, { token: userToken({ sub: 'maria', name: 'Maria' }) });
    expect(await back.untilPong()).toEqual([]);
  });

  it('is open to who has its id in the claim sessions', async () => {
    const session = freshId('s');
    await using owner = await system.openChat(session, { token: maria });
    for (const sessions of [[session], ['*'], ['another', session]]) {
      await using guest = await system.openChat(session, { gateway: 1, token: claims({ sessions }) });
      owner.send({ type: 'chat', data: { message: 'Olá' } });
      expect((await guest.next('chat_accepted')).data['user']).toEqual({ id: 'maria' });
      await owner.next('chat_complete');
    }
    for (const sessions of [[], ['another'], [`${session}-`], ['s-*']]) {
      expect(await refusal(`/ws/chat/${session}`, { token: claims({ sessions }) })).toEqual(FORBIDDEN);
    }
  });

  it('has one owner, also when two come at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const session = freshId('s');
      const sockets = await Promise.all([
        system.connect(`/ws/chat/${session}`, { token: maria }),
        system.connect(`/ws/chat/${session}`, { token: jose, gateway: 1 }),
      ]);
      const outcomes = await Promise.all(
        sockets.map((socket) =>
          Promise.race([
            socket.next('connection').then(() => 'in'),
            socket.closed.then((closing) => closing),
          ]),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(1);
      expect(outcomes).toContainEqual(FORBIDDEN);
      for (const socket of sockets) await socket.cut();
    }
  });
});

describe('a session opened without a token', () => {
  it('is open to whoever knows its id, until it gets an owner', async () => {
    const session = freshId('s');
    const [here, elsewhere, original] = await Promise.all([
      system.openChat(session),
      system.openChat(session, { gateway: 1 }),
      system.openChat(session, { gateway: 1, subProtocols: [] }),
    ]);
    await using owner = await system.openChat(session, { token: maria });
    for (const socket of [here, elsewhere, original]) expect(await socket.closed).toEqual(FORBIDDEN);
    expect(await owner.untilPong()).toEqual([]);
  });
});

describe('investigations', () => {
  it('are public unless set otherwise', async () => {
    await using socket = await system.openInvestigation(freshId('INV'));
    expect(await socket.untilPong()).toEqual([]);
  });

  it('need the claim where INVESTIGATION_ACCESS is claim', async () => {
    const [id, gateway] = [freshId('INV'), BY_CLAIM];
    for (const investigations of [[id], ['*']]) {
      await using socket = await system.openInvestigation(id, { gateway, token: claims({ investigations }) });
      expect(await socket.untilPong()).toEqual([]);
    }
    const path = `/ws/investigations/${id}`;
    expect(await refusal(path, { gateway })).toEqual(FORBIDDEN);
    for (const investigations of [[], ['another'], ['INV-*']]) {
      expect(await refusal(path, { gateway, token: claims({ investigations }) })).toEqual(FORBIDDEN);
    }
    await using chat = await system.openChat(freshId('s'), { gateway, token: jose });
    chat.send({ type: 'subscribe', data: { investigation_id: id } });
    expect((await chat.next('error')).data['code']).toBe('FORBIDDEN');
  });
});

describe('exp', () => {
  it('closes the socket within a second', async () => {
    const token = userToken({ sub: 'maria', expiresInSeconds: 2 });
    const socket = await system.openChat(freshId('s'), { token });
    const watching = await system.openInvestigation(freshId('INV'), { token, subProtocols: [] });
    const expiresAtMs =
      1_000 *
      (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp;
    expect(await socket.closed).toEqual(EXPIRED);
    expect(await watching.closed).toEqual(EXPIRED);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAtMs);
    expect(Date.now()).toBeLessThan(expiresAtMs + 1_000);
  });

  it('does not, where auth renewed the token', async () => {
    const token = userToken({ sub: 'maria', expiresInSeconds: 1 });
    await using chat = await system.openChat(freshId('s'), { token });
    await using watching = await system.openInvestigation(freshId('INV'), { token });
    const other = await system.openChat(freshId('s'), { token });
    for (const socket of [chat, watching]) {
      socket.send({ type: 'auth', data: { token: maria } });
      await socket.next('authenticated');
    }
    await other.closed;
    for (const socket of [chat, watching]) {
      const frames = await socket.untilPong();
      expect(frames).toEqual([]);
    }
  });
});

describe('auth', () => {
  it('of another subject closes with Forbidden, a bad token with Invalid authentication', async () => {
    for (const open of [
      () => system.openChat(freshId('s'), { token: maria }),
      () => system.openInvestigation(freshId('INV'), { token: maria }),
    ]) {
      const other = await open();
      other.send({ type: 'auth', data: { token: jose } });
      expect(await other.closed).toEqual(FORBIDDEN);
      const bad = await open();
      bad.send({ type: 'auth', data: { token: 'x' } });
      expect(await bad.closed).toEqual(INVALID);
    }
  });

  it('on an anonymous socket is as if it had been opened with that token', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const anonymous = await system.openChat(session, { gateway: 1 });
    socket.send({ type: 'auth', data: { token: maria } });
    await socket.next('authenticated');
    expect(await anonymous.closed).toEqual(FORBIDDEN);
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    expect((await socket.next('chat_accepted')).data['user']).toEqual({ id: 'maria' });
    expect(await refusal(`/ws/chat/${session}`, { token: jose })).toEqual(FORBIDDEN);
  });

  it('on an anonymous socket of somebody else’s session closes it', async () => {
    const session = freshId('s');
    const sockets = [await system.openChat(session), await system.openChat(session, { gateway: 1 })];
    sockets[0]?.send({ type: 'auth', data: { token: maria } });
    expect(await sockets[1]?.closed).toEqual(FORBIDDEN);
    const late = await system.openChat(freshId('s'));
    late.send({ type: 'auth', data: { token: maria } });
    await late.next('authenticated');
    late.send({ type: 'auth', data: { token: jose } });
    expect(await late.closed).toEqual(FORBIDDEN);
    await sockets[0]?.cut();
  });

  it('brings what the new token allows', async () => {
    const [session, id, gateway] = [freshId('s'), freshId('INV'), BY_CLAIM];
    await using socket = await system.openChat(session, { gateway, token: jose });
    socket.send({ type: 'subscribe', data: { investigation_id: id } });
    await socket.next('error');
    socket.send({ type: 'auth', data: { token: claims({ investigations: [id] }) } });
    await socket.next('authenticated');
    socket.send({ type: 'subscribe', data: { investigation_id: id } });
    await socket.next('subscribed');
  });
});
