import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { fixedAgent } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';

const CHATS = 2_000;
/** As many as what is remembered of the past holds at most: closes of sockets, turns of chats. */
const WARM_UP = 1_100;
const AT_ONCE = 50;
/** What is left of each chat, beyond what garbage collection may leave for later. */
const MAX_BYTES_PER_CHAT = 500;
const SLACK_BYTES = 1_500_000;

let system: System;
beforeAll(async () => {
  system = await System.start({
    agent: fixedAgent(['Um. ', 'Dois. ', 'Três.']),
    environment: { SESSION_LINGER_SECONDS: '1' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

test(`${CHATS} chats leave nothing behind`, async () => {
  await runChats(WARM_UP);
  const before = await atRest();
  await runChats(CHATS);
  const after = await atRest();
  const grown = after.heapBytes - before.heapBytes;
  process.stdout.write(`heap ${before.heapBytes} -> ${after.heapBytes} bytes after ${CHATS} chats\n`);
  expect(grown).toBeLessThan(CHATS * MAX_BYTES_PER_CHAT + SLACK_BYTES);
  expect(after.handles).toEqual(before.handles);
  for (const gauge of [
    'websocket_connections_active',
    'rt_sessions_open',
    'rt_chat_active',
    'rt_ws_buffered_bytes',
  ]) {
    expect(await gatewayMetric(gauge), gauge).toBe(0);
  }
});

async function runChats(count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, runChat));
  }
}

async function runChat(): Promise<void> {
  const socket = await system.openChat(freshId('leak'));
  socket.send({ type: 'chat', id: 'q', data: { message: 'Olá' } });
  await socket.next('chat_complete');
  await socket.close();
}

/** Everything that was only on its way is gone. */
async function atRest(): Promise<{ heapBytes: number; handles: Record<string, number> }> {
  await eventually(
    () => gatewayMetric('websocket_connections_active'),
    (open) => open === 0,
  );
  // Timers that let go of things a second or two later: pulls of the queue, the settling of channels.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { heapBytes: process.memoryUsage().heapUsed, handles: countOf(process.getActiveResourcesInfo()) };
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  // Timers come and go, and a request of the one or other file may be under way.
  for (const name of names)
    if (name === 'TCPSocketWrap' || name === 'TCPServerWrap') counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

async function gatewayMetric(name: string): Promise<number> {
  const text = await (
    await fetch(`${system.gateways[0]?.adminUrl ?? ''}/metrics`, { headers: { connection: 'close' } })
  ).text();
  let sum = 0;
  for (const line of text.split('\n')) {
    const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`).exec(line)?.[1];
    if (value !== undefined) sum += Number(value);
  }
  return sum;
}
