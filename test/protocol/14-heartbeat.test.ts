import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typesOf } from '../support/chat-steps.ts';
import { inTime } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { System } from '../support/system.ts';

const HEARTBEAT_MS = 200;
/** The shortest the server can be set to. */
const IDLE_SECONDS = 8;

let system: System;
beforeAll(async () => {
  system = await System.start({
    workers: 0,
    environment: {
      HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
      IDLE_TIMEOUT_SECONDS: String(IDLE_SECONDS),
    },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

describe.concurrent('heartbeat', () => {
  it('comes on investigation sockets again and again, with the investigation', async () => {
    const id = freshId('INV');
    await using socket = await system.openInvestigation(id, { subProtocols: [] });
    const startedAt = performance.now();
    for (let count = 0; count < 4; count += 1) {
      const frame = await socket.next('heartbeat');
      expect(frame.data).toEqual({ investigation_id: id });
      expect(frame).not.toHaveProperty('cursor');
    }
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThan(3 * HEARTBEAT_MS - 50);
  });

  it('does not come on chat sockets', async () => {
    const id = freshId('INV');
    await using chat = await system.openChat(freshId('s'));
    await using watching = await system.openInvestigation(id);
    chat.send({ type: 'subscribe', data: { investigation_id: id } });
    await chat.next('subscribed');
    await watching.next('heartbeat');
    await watching.next('heartbeat');
    expect(typesOf(chat.frames)).toEqual(['connection', 'subscribed']);
  });
});

describe.concurrent('a client', () => {
  it('that answers nothing is cut after the idle timeout', async () => {
    const socket = await system.openChat(freshId('s'), { autoPong: false });
    const startedAt = performance.now();
    const { code } = await inTime(socket.closed, () => 'it is still open', 3 * IDLE_SECONDS * 1_000);
    expect(code).toBe(1006);
    expect(performance.now() - startedAt).toBeGreaterThan((IDLE_SECONDS - 4) * 1_000);
  });

  it('that answers the server’s pings, or sends its own, stays', async () => {
    await using pong = await system.openChat(freshId('s'));
    await using ping = await system.openChat(freshId('s'), { autoPong: false });
    const deadline = performance.now() + 1.5 * IDLE_SECONDS * 1_000;
    while (performance.now() < deadline) {
      ping.send({ type: 'ping' });
      await ping.next('pong');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(await pong.untilPong()).toEqual([]);
    expect(await ping.untilPong()).toEqual([]);
  });
});

describe.concurrent('ping', () => {
  it('is answered in the order it came, to the asking socket only', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await using other = await system.openChat(session);
    for (let count = 0; count < 20; count += 1) socket.send({ type: 'ping' });
    for (let count = 0; count < 20; count += 1) await socket.next('pong');
    expect(await socket.untilPong()).toEqual([]);
    expect(await other.untilPong()).toEqual([]);
  });
});
