import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findHaproxy } from '../../../scripts/test/haproxy.js';
import { ROOT } from '../../house/source-tree.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { freshId } from '../../support/fresh-id.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { SseClient } from '../../support/sse-client.ts';
import { System } from '../../support/system.ts';

const CONFIG = join(ROOT, 'deploy/proxy/haproxy.cfg');
const MAX_CONNECTIONS_PER_IP = 20;
const haproxy = findHaproxy(process.env);
if (haproxy === undefined) process.stderr.write('SKIPPED: the proxy, as there is no haproxy on the PATH\n');

/** With the real proxy, which `npm test` installs where it can. */
describe.skipIf(haproxy === undefined)('the proxy', () => {
  let system: System;
  let proxy: ChildProcess;
  let port: number;
  beforeAll(async () => {
    system = await System.start({
      gateways: 2,
      environment: {
        TRUSTED_PROXIES: '127.0.0.1',
        MAX_CONNECTIONS_PER_IP: String(MAX_CONNECTIONS_PER_IP),
        LOCAL_AGENT_DELAY_MS: '20',
      },
    });
    [port = 0] = await freePorts(1);
    const [one, other] = system.gateways;
    proxy = spawn(haproxy ?? '', ['-db', '-f', CONFIG], {
      env: {
        PROXY_MAX_CONNECTIONS: '500',
        PROXY_BIND: `127.0.0.1:${port}`,
        GATEWAY_1: `127.0.0.1:${one?.port ?? 0}`,
        GATEWAY_1_ADMIN_PORT: String(one?.adminPort),
        GATEWAY_2: `127.0.0.1:${other?.port ?? 0}`,
        GATEWAY_2_ADMIN_PORT: String(other?.adminPort),
      },
      stdio: 'ignore',
    });
    await eventually(
      () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
    );
  });
  afterAll(async () => {
    const ended = once(proxy, 'exit');
    if (proxy.kill('SIGKILL')) await ended;
    await system[Symbol.asyncDispose]();
  });

  const open = (session = freshId('s')): Promise<SocketClient> =>
    SocketClient.connect(`ws://127.0.0.1:${port}/ws/chat/${session}`);
  const countOf = (gateway: number): Promise<number> =>
    fetch(`${system.url('', { gateway }).replace('ws:', 'http:')}/api/v1/ws/health`)
      .then((answer) => answer.json() as Promise<{ connections: number }>)
      .then(({ connections }) => connections);

  it('spreads sockets, and a chat on one gateway is seen through the other', async () => {
    const session = freshId('s');
    const sockets = await Promise.all(Array.from({ length: 6 }, () => open(session)));
    expect([await countOf(0), await countOf(1)]).toEqual([3, 3]);
    sockets[0]?.send({ type: 'chat', data: { message: 'Olá!' } });
    for (const socket of sockets)
      expect((await socket.next('chat_complete')).data['status']).toBe('completed');
    for (const socket of sockets) await socket.close();
  });

  it('passes every event of a stream on when it comes', async () => {
    const session = freshId('s');
    const before = (await countOf(0)) + (await countOf(1));
    const stream = await SseClient.open(`http://127.0.0.1:${port}/sse/chat/${session}`);
    const asked = await fetch(`http://127.0.0.1:${port}/api/v1/chat/${session}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'Olá!' }),
    });
    expect(asked.status).toBe(202);
    await stream.next('chat');
    await stream.next('chat_complete');
    await stream[Symbol.asyncDispose]();
    await eventually(
      async () => (await countOf(0)) + (await countOf(1)),
      (count) => count === before,
    );
  });

  it('lets nobody choose the address that limits count by', async () => {
    const sockets: SocketClient[] = [];
    let refusal: string | undefined;
    while (refusal === undefined) {
      const headers = { 'X-Forwarded-For': `203.0.113.${sockets.length}` };
      await SocketClient.connect(`ws://127.0.0.1:${port}/ws/chat/${freshId('s')}`, { headers }).then(
        (socket) => sockets.push(socket),
        (error: unknown) => (refusal = error instanceof Error ? error.message : 'refused'),
      );
    }
    expect(refusal).toContain('429');
    expect(sockets.length).toBeLessThanOrEqual(2 * MAX_CONNECTIONS_PER_IP);
    for (const socket of sockets) await socket.close();
    await eventually(
      () => countOf(0),
      (count) => count === 0,
    );
  });

  it('shows nobody a gateway that drains', async () => {
    const drained = system.gateways[0]?.drain();
    for (let count = 0; count < 10; count += 1) {
      await using socket = await open();
      await socket.next('connection');
    }
    await drained;
    await using socket = await open();
    await socket.next('connection');
  });
});
