import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { System } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken, type TokenClaims } from '../../support/user-token.ts';

const FORBIDDEN = { code: 1008, reason: 'Forbidden' };

let system: System;
beforeAll(async () => {
  system = await System.start({
    gateways: 2,
    workers: 0,
    environment: { JWT_SECRET: USER_TOKEN_SECRET, INVESTIGATION_ACCESS: 'claim' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

async function renew(socket: SocketClient, claims: TokenClaims): Promise<void> {
  socket.send({ type: 'auth', data: { token: userToken(claims) } });
  await socket.next('authenticated');
}

/** Publishes an event and says whether it reaches the socket. */
async function hears(socket: SocketClient, investigation: string): Promise<boolean> {
  const mark = freshId('n');
  await system.publisher.store(`investigation.${investigation}.progress`, { mark });
  // The witness sees all: when it has the event, the socket before it has it too, or never gets it.
  await using witness = await system.openInvestigation(investigation, {
    token: userToken({ sub: 'witness', investigations: ['*'] }),
  });
  const after = freshId('n');
  await system.publisher.store(`investigation.${investigation}.progress`, { mark: after });
  await witness.nextWhere(({ data }) => data['mark'] === after);
  const frames = await socket.untilPong();
  return frames.some(({ data }) => data['mark'] === mark);
}

describe('a renewed token', () => {
  it('that lost an investigation ends its events, and one that has it again begins them', async () => {
    const [session, sub, investigation] = [freshId('s'), freshId('maria'), freshId('INV')];
    const allowed = { sub, investigations: [investigation] };
    await using socket = await system.openChat(session, { token: userToken(allowed) });
    socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await socket.next('subscribed');
    expect(await hears(socket, investigation)).toBe(true);
    await renew(socket, { sub });
    expect(await hears(socket, investigation)).toBe(false);
    socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
    expect((await socket.next('error')).data['code']).toBe('FORBIDDEN');
    await renew(socket, { sub, investigations: ['*'] });
    expect(await hears(socket, investigation)).toBe(true);
  });

  it('opens what the session follows to a socket that was not allowed before', async () => {
    const [session, sub, investigation] = [freshId('s'), freshId('maria'), freshId('INV')];
    await using subscriber = await system.openChat(session, {
      token: userToken({ sub, investigations: [investigation] }),
    });
    await using other = await system.openChat(session, { token: userToken({ sub }), gateway: 1 });
    subscriber.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await subscriber.next('subscribed');
    expect(await hears(other, investigation)).toBe(false);
    await renew(other, { sub, investigations: [investigation] });
    expect(await hears(other, investigation)).toBe(true);
  });

  it('that lost a foreign session ends the socket', async () => {
    const [session, guest] = [freshId('s'), freshId('joão')];
    await using owner = await system.openChat(session, { token: userToken({ sub: freshId('maria') }) });
    await using socket = await system.openChat(session, {
      token: userToken({ sub: guest, sessions: [session] }),
    });
    await renew(socket, { sub: guest, sessions: [session, 'another'] });
    socket.send({ type: 'auth', data: { token: userToken({ sub: guest }) } });
    expect(await socket.closed).toEqual(FORBIDDEN);
    await owner.untilPong();
  });

  it('that lost its investigation ends the investigation socket', async () => {
    const [investigation, sub] = [freshId('INV'), freshId('maria')];
    await using socket = await system.openInvestigation(investigation, {
      token: userToken({ sub, investigations: [investigation] }),
    });
    socket.send({ type: 'auth', data: { token: userToken({ sub, investigations: [`${investigation}x`] }) } });
    expect(await socket.closed).toEqual(FORBIDDEN);
  });

  it('for another user ends the socket', async () => {
    await using socket = await system.openChat(freshId('s'), { token: userToken({ sub: freshId('maria') }) });
    socket.send({ type: 'auth', data: { token: userToken({ sub: freshId('joão') }) } });
    expect(await socket.closed).toEqual(FORBIDDEN);
  });

  it('puts the end of the socket off, and the end comes with the last one', async () => {
    const sub = freshId('maria');
    await using socket = await system.openChat(freshId('s'), {
      token: userToken({ sub, expiresInSeconds: 1 }),
    });
    const renewedAtMs = Date.now();
    await renew(socket, { sub, expiresInSeconds: 3 });
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Token expired' });
    const lastedMs = Date.now() - renewedAtMs;
    expect(lastedMs).toBeGreaterThan(1_900);
    expect(lastedMs).toBeLessThan(4_000);
  });
});

describe('an issuer out of reach', () => {
  it('sends new sockets away to come back, and leaves open ones as they are', async () => {
    // Nothing listens there.
    await system.addGateway({ JWKS_URL: 'http://127.0.0.1:9/jwks.json' });
    const gateway = system.gateways.length - 1;
    const [header] = Buffer.from('{"alg":"RS256"}').toString('base64url').split('.');
    const foreign = `${header ?? ''}.e30.c2ln`;
    await using socket = await system.connect(`/ws/chat/${freshId('s')}`, { gateway, token: foreign });
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Try again later' });
    // The original client is cut, so fast that its client may not even have seen the upgrade.
    const options = { gateway, token: foreign, subProtocols: [] };
    const original = system.connect(`/ws/chat/${freshId('s')}`, options).then(
      (cut) => cut.closed,
      () => ({ code: 1006, reason: '' }),
    );
    expect(await original).toEqual({ code: 1006, reason: '' });
    const sub = freshId('maria');
    await using open = await system.openChat(freshId('s'), { gateway, token: userToken({ sub }) });
    open.send({ type: 'auth', data: { token: foreign } });
    expect((await open.next('error')).data).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await renew(open, { sub });
  });
});
