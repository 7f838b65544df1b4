import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { freshId } from '../support/fresh-id.ts';
import { System } from '../support/system.ts';
import { tableUnder } from './protocol-page.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0, environment: { MAX_ERRORS: '1' } });
});
afterAll(() => system[Symbol.asyncDispose]());

it('are in the table with the reasons that are sent', () => {
  const sent = Object.values(CloseReason).map(({ code, reason }) => `${code} ${reason}`);
  const rows = tableUnder('Close codes').map(([code = '', reason = '']) => `${code} ${reason}`);
  // Nobody sends 1006: it is what a client makes of an end without a close frame.
  expect(rows.filter((row) => row !== '1006 ').sort()).toEqual(
    // `control.revoke` has no section here yet.
    sent.filter((row) => row !== '1008 Revoked').sort(),
  );
});

it('1000 answers a client that is done', async () => {
  const socket = await system.openChat(freshId('s'));
  expect((await socket.close(1000)).code).toBe(1000);
  const watching = await system.openInvestigation(freshId('INV'));
  expect((await watching.close(1000)).code).toBe(1000);
});

describe('go to every client alike, with and without cidadao.v1:', () => {
  it.each([[['cidadao.v1']], [[]]])('%j', async (subProtocols) => {
    const broken = await system.openChat(freshId('s'), { subProtocols });
    broken.send('x');
    broken.send('x');
    expect(await broken.closed).toEqual({ code: 1008, reason: 'Too many errors' });
    const large = await system.openChat(freshId('s'), { subProtocols });
    large.send('x'.repeat(65_537));
    expect(await large.closed).toEqual({ code: 1009, reason: 'Message too big' });
    const unknown = await system.connect(`/ws/chat/${freshId('s')}`, { subProtocols, token: 'x' });
    expect(await unknown.closed).toEqual({ code: 1008, reason: 'Invalid authentication' });
  });
});

describe('1001 and 1013, for who did not offer cidadao.v1, are no close frame at all:', () => {
  it('1001 when the gateway goes away', async () => {
    const gateway = system.gateways.length;
    const leaving = await system.addGateway();
    const knowing = await system.openChat(freshId('s'), { gateway });
    const original = await system.openChat(freshId('s'), { gateway, subProtocols: [] });
    await leaving.drain();
    expect(await knowing.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(await original.closed).toEqual({ code: 1006, reason: '' });
  });

  it('1013 when the session cannot be read', async () => {
    await using own = await System.start({ workers: 0 });
    await own.hangBroker();
    try {
      const path = `/ws/chat/${freshId('s')}`;
      const [knowing, original] = await Promise.all([
        own.connect(path),
        own.connect(path, { subProtocols: [] }),
      ]);
      expect(await knowing.closed).toEqual({ code: 1013, reason: 'Try again later' });
      expect(await original.closed).toEqual({ code: 1006, reason: '' });
    } finally {
      own.nats.resume();
    }
  });
});

it('spread a drain over DRAIN_SECONDS', async () => {
  const gateway = system.gateways.length;
  const leaving = await system.addGateway({ DRAIN_SECONDS: '1' });
  const sockets = await Promise.all(
    Array.from({ length: 10 }, () => system.openChat(freshId('s'), { gateway })),
  );
  const startedAt = performance.now();
  const ends = Promise.all(
    sockets.map(async (socket) => {
      const { code } = await socket.closed;
      return { code, afterMs: performance.now() - startedAt };
    }),
  );
  await leaving.drain();
  const seen = await ends;
  expect(seen.map(({ code }) => code)).toEqual(sockets.map(() => 1001));
  const times = seen.map(({ afterMs }) => afterMs).sort((one, other) => one - other);
  expect(times[0]).toBeLessThan(300);
  expect(times[5]).toBeGreaterThan(300);
  expect(times[9]).toBeGreaterThan(600);
  expect(times[9]).toBeLessThan(1_500);
});
