import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { Publisher } from '../../support/publisher.ts';
import type { Closing, SocketClient } from '../../support/socket-client.ts';
import { System, type SocketOptions } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken, type TokenClaims } from '../../support/user-token.ts';

const REVOKED: Closing = { code: 1008, reason: 'Revoked' };
/** What the contract gives a revocation to reach every gateway. */
const WITHIN_MS = 1_000;

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, workers: 0, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

const openAs = (claims: TokenClaims, options: SocketOptions = {}): Promise<SocketClient> =>
  system.openChat(freshId('s'), { ...options, token: userToken(claims) });

const revoke = (message: unknown): Promise<number> => system.publisher.store('control.revoke', message);

async function closedAs(socket: SocketClient, closing: Closing): Promise<void> {
  expect(await inTime(socket.closed, () => 'still open', WITHIN_MS)).toEqual(closing);
}

/** How a new socket with this token ends; undefined when it is welcomed. */
async function refusal(claims: TokenClaims, gateway = 0): Promise<Closing | undefined> {
  await using socket = await system.connect(`/ws/chat/${freshId('s')}`, {
    gateway,
    token: userToken(claims),
  });
  const isWelcomed = await socket.next('connection').then(
    () => true,
    () => false,
  );
  return isWelcomed ? undefined : await socket.closed;
}

async function staysOpen(socket: SocketClient): Promise<void> {
  await socket.untilPong();
}

describe('control.revoke', () => {
  it('by sub closes the sockets of the user on every gateway, and of nobody else', async () => {
    const sub = freshId('maria');
    await using one = await openAs({ sub }, { gateway: 0 });
    await using other = await openAs({ sub }, { gateway: 1 });
    await using stranger = await openAs({ sub: freshId('joão') });
    await using investigating = await system.openInvestigation(freshId('INV'), { token: userToken({ sub }) });
    await using anonymous = await system.openChat(freshId('s'));
    await revoke({ sub });
    await Promise.all([one, other, investigating].map((socket) => closedAs(socket, REVOKED)));
    await staysOpen(stranger);
    await staysOpen(anonymous);
  });

  it('by sub refuses tokens issued before, with or without a time, and takes later ones', async () => {
    const sub = freshId('maria');
    await revoke({ sub });
    await using witness = await openAs({ sub: freshId('x') });
    await staysOpen(witness);
    for (const gateway of [0, 1]) {
      expect(await refusal({ sub, issuedSecondsAgo: 5 }, gateway)).toEqual(REVOKED);
      expect(await refusal({ sub, issuedSecondsAgo: -3 }, gateway)).toBeUndefined();
    }
  });

  it('by jti closes and refuses that token only', async () => {
    const [sub, jti] = [freshId('maria'), freshId('jti')];
    await using meant = await openAs({ sub, jti });
    await using other = await openAs({ sub, jti: freshId('jti') });
    await revoke({ jti });
    await closedAs(meant, REVOKED);
    await staysOpen(other);
    expect(await refusal({ sub, jti })).toEqual(REVOKED);
    expect(await refusal({ sub, jti: freshId('jti') })).toBeUndefined();
  });

  it('closes a socket that renews itself with a revoked token', async () => {
    const [sub, jti] = [freshId('maria'), freshId('jti')];
    await revoke({ jti });
    await using socket = await openAs({ sub });
    socket.send({ type: 'auth', data: { token: userToken({ sub, jti }) } });
    await closedAs(socket, REVOKED);
  });

  it('by session_id closes every socket of the session once, and refuses nothing', async () => {
    const session = freshId('s');
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    await using neighbour = await system.openChat(`${session}x`);
    await revoke({ session_id: session });
    await closedAs(one, REVOKED);
    await closedAs(other, REVOKED);
    await staysOpen(neighbour);
    await using again = await system.openChat(session, { gateway: 0 });
    await staysOpen(again);
  });

  it.each([
    ['nothing', {}],
    ['no object', '"maria"'],
    ['no JSON', '{"sub":'],
    ['a length that can’t be compared', '{"sub":{"length":[{"toString":1}]}}'],
    ['an empty sub', { sub: '' }],
    ['a number for a sub', { sub: 7 }],
    ['a bad session', { session_id: '*' }],
  ])('that says %s is left alone, and what follows is heard', async (_name, message) => {
    const sub = freshId('maria');
    await using socket = await openAs({ sub });
    await revoke(message);
    await staysOpen(socket);
    await revoke({ sub });
    await closedAs(socket, REVOKED);
  });

  it('is known to a gateway that starts later, which closes nothing for what is past', async () => {
    const [sub, session] = [freshId('maria'), freshId('s')];
    await revoke({ sub });
    await revoke({ session_id: session });
    await system.addGateway();
    const gateway = system.gateways.length - 1;
    expect(await refusal({ sub, issuedSecondsAgo: 5 }, gateway)).toEqual(REVOKED);
    await using socket = await system.openChat(session, { gateway });
    await staysOpen(socket);
  });
});

describe('control.revoke and the broker', () => {
  it('is heard when it was stored while a gateway was away, and nothing old is applied again', async () => {
    await using own = await System.start({ workers: 0, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
    const [sub, session, untouched] = [freshId('maria'), freshId('s'), freshId('s')];
    await own.publisher.store('control.revoke', { session_id: untouched });
    await using meant = await own.openChat(freshId('s'), { token: userToken({ sub }) });
    await using inSession = await own.openChat(session);
    await using spared = await own.openChat(untouched);
    await own.nats.kill();
    await own.nats.restart();
    // A new client is there at once; the gateway comes back when its pause between tries is over.
    await using operator = await Publisher.connect(own.nats.url);
    await operator.store('control.revoke', { sub });
    await operator.store('control.revoke', { session_id: session });
    const late = 5_000;
    expect(await inTime(meant.closed, () => 'still open', late)).toEqual(REVOKED);
    expect(await inTime(inSession.closed, () => 'still open', late)).toEqual(REVOKED);
    await staysOpen(spared);
  });
});
