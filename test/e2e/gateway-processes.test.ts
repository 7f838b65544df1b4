import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureBuild } from '../../scripts/start/build.js';
import { isEnd } from '../support/chat-steps.ts';
import { eventually } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { NpmStart, randomPorts } from '../support/npm-start.ts';
import { Scraped } from '../support/prometheus.ts';
import { Publisher } from '../support/publisher.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import { SocketClient } from '../support/socket-client.ts';

/** Starts of the whole system, on a machine that may be busy. */
vi.setConfig({ testTimeout: 90_000 });

/** That the kernel gives all of so many to one of two processes is no matter of chance any more. */
const SOCKETS = 40;
const ADMIN_PORT_STEP = 10;
const QUESTION = 'Explique em detalhes como funciona uma licitação';

let folder: string;
let url: string;
let natsUrl: string;
/** Of each process. */
let adminUrls: readonly string[];
let env: Readonly<Record<string, string>>;

beforeAll(() => ensureBuild(join(import.meta.dirname, '../..'), new AbortController().signal), 120_000);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-processes-'));
  const ports = await randomPorts();
  url = `127.0.0.1:${ports.PORT}`;
  natsUrl = `127.0.0.1:${ports.NATS_PORT}`;
  adminUrls = [0, 1].map((index) => `http://127.0.0.1:${Number(ports.ADMIN_PORT) + ADMIN_PORT_STEP * index}`);
  env = {
    ...ports,
    GATEWAY_PROCESSES: '2',
    DATA_DIR: join(folder, 'data'),
    DRAIN_SECONDS: '1',
    LOCAL_AGENT_DELAY_MS: '10',
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Wherever the kernel puts it; again where a process that has just died still held the port. */
function open(session: string, since?: string): Promise<SocketClient> {
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  return vi.waitFor(
    async () => {
      const socket = await SocketClient.connect(`ws://${url}/ws/chat/${session}${query}`);
      await socket.next('connection');
      return socket;
    },
    { timeout: 10_000 },
  );
}

async function socketsOn(adminUrl: string): Promise<number> {
  const page = await Scraped.of(adminUrl);
  return page.value('websocket_connections_active', { type: 'chat' }) ?? 0;
}

/** The same on a certain process: whoever gets to the other one comes again, as a client may. */
async function openOn(adminUrl: string, session: string, since?: string): Promise<SocketClient> {
  for (;;) {
    const before = await socketsOn(adminUrl);
    const socket = await open(session, since);
    if ((await socketsOn(adminUrl)) > before) return socket;
    await socket.close();
  }
}

/** The pid of the process behind an admin port, as it says itself in what it measures. */
async function pidBehind(adminUrl: string): Promise<number> {
  const { samples } = await Scraped.of(adminUrl);
  const instance = samples.find(({ name }) => name === 'target_info')?.labels['service_instance_id'];
  return Number(instance?.split('-').at(-1));
}

const durable = (frames: readonly ServerFrame[]): readonly ServerFrame[] =>
  frames.filter(({ channel }) => channel === 'session');
const ids = (frames: readonly ServerFrame[]): readonly string[] => frames.map(({ id }) => id);
const isListed =
  (connections: number) =>
  ({ data }: ServerFrame): boolean =>
    JSON.stringify(data['participants']) === JSON.stringify([{ user: null, connections }]);

/** What is stored of a chat for its clients, in its order. */
async function storedIds(session: string, requestId: string): Promise<readonly string[]> {
  await using publisher = await Publisher.connect(natsUrl);
  const log = await publisher.readAll('SESSIONS', `session.${session}.chat.${requestId}`);
  const events = log.map(({ text }) => JSON.parse(text) as { type: string; id: string });
  return events.filter(({ type }) => type !== 'claim').map(({ id }) => id);
}

describe('GATEWAY_PROCESSES=2', () => {
  it('spreads sockets over both, says of each how many it has, and SIGTERM sends all of them away', async () => {
    await using start = new NpmStart(env);
    await start.ready();
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => open(freshId('s'))));
    const counts = await Promise.all(adminUrls.map(socketsOn));
    process.stdout.write(`${SOCKETS} sockets on two processes: ${counts.join(' and ')}\n`);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(SOCKETS);
    const ready = await Promise.all(adminUrls.map((admin) => fetch(`${admin}/readyz`)));
    expect(ready.map(({ status }) => status)).toEqual([200, 200]);
    const pids = await Promise.all(adminUrls.map(pidBehind));
    expect(new Set(pids).size).toBe(2);
    for (const socket of sockets) socket.send({ type: 'ping' });
    for (const socket of sockets) await socket.next('pong');

    start.signal('SIGTERM');
    const closings = await Promise.all(sockets.map(({ closed }) => closed));
    expect(new Set(closings.map(({ code }) => code))).toEqual(new Set([1001]));
    expect(await start.ended()).toBe(0);
  });

  it('is one session to tabs on different processes, live and resumed', async () => {
    await using start = new NpmStart(env);
    await start.ready();
    const session = freshId('s');
    const tabs = await Promise.all(adminUrls.map((admin) => openOn(admin, session)));
    const [one, other] = tabs;
    if (one === undefined || other === undefined) throw new Error('two processes have two tabs');
    for (const tab of tabs) await tab.untilPresence(isListed(2));
    one.send({ type: 'chat', id: 'q', data: { message: QUESTION } });
    const [seen = [], alsoSeen = []] = await Promise.all(
      tabs.map((tab) => tab.until((frame) => isEnd(frame))),
    );
    expect(ids(durable(seen))).toEqual(await storedIds(session, 'q'));
    expect(ids(durable(alsoSeen))).toEqual(ids(durable(seen)));

    await using publisher = await Publisher.connect(natsUrl);
    await publisher.store(`session.${session}.notification`, { text: 'novo' });
    const notified = await Promise.all(tabs.map((tab) => tab.next('notification')));
    expect(new Set(ids(notified)).size).toBe(1);

    const [, second] = durable(seen);
    if (second === undefined) throw new Error('the answer has no chunk');
    for (const admin of adminUrls) {
      await using back = await openOn(admin, session, cursorOf(second));
      expect(back.frames[0]?.data['recovered']).toBe(true);
      const missed = await back.until(({ type }) => type === 'notification');
      expect(ids(durable(missed))).toEqual([...ids(durable(seen)).slice(2), ...ids(notified.slice(0, 1))]);
      expect(await back.untilPong()).toEqual([]);
    }
    for (const tab of tabs) await tab.untilPresence(isListed(2));
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  it('starts a killed process again, whose clients go on where they were', async () => {
    await using start = new NpmStart(env);
    await start.ready();
    const [surviving = '', dying = ''] = adminUrls;
    const session = freshId('s');
    await using witness = await openOn(surviving, session);
    const lost = await openOn(dying, session);
    lost.send({ type: 'chat', id: 'q', data: { message: QUESTION } });
    await lost.next('chat');
    const pid = await pidBehind(dying);
    process.kill(pid, 'SIGKILL');
    expect((await lost.closed).code).toBe(1006);
    const before = durable(lost.frames);
    const last = before.at(-1);
    if (last === undefined) throw new Error('nothing had come');
    await using back = await open(session, cursorOf(last));
    expect(back.frames[0]?.data['recovered']).toBe(true);
    const after = durable(await back.until((frame) => isEnd(frame)));
    const stored = await storedIds(session, 'q');
    expect([...ids(before), ...ids(after)]).toEqual(stored);
    expect(after.length).toBeGreaterThan(1);
    expect(ids(durable(await witness.until((frame) => isEnd(frame))))).toEqual(stored);
    await witness.untilPresence(isListed(2));

    await start.line((line) => line === 'gateway 1 is ready again.');
    expect(await pidBehind(dying)).not.toBe(pid);
    await using more = await openOn(dying, session);
    await more.untilPresence(isListed(3));
    await eventually(
      () => fetch(`${dying}/readyz`).then(({ status }) => status),
      (status) => status === 200,
    );
  });
});
