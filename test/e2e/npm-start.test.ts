import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ensureBuild } from '../../scripts/start/build.js';
import { identify } from '../../scripts/start/process-identity.js';
import { NatsServer } from '../support/nats-server.ts';
import { NpmStart, randomPorts, type Ports } from '../support/npm-start.ts';

/** Several starts and stops of the whole system in one test, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let ports: Ports;
let env: Readonly<Record<string, string>>;

// Not part of what is tested here: a start that builds says so, where these tests count lines.
beforeAll(() => ensureBuild(join(import.meta.dirname, '../..'), new AbortController().signal), 120_000);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
  ports = await randomPorts();
  env = { ...ports, DATA_DIR: join(folder, 'data'), DRAIN_SECONDS: '2' };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that has ended but was not waited for by whoever inherited it does not count. */
const runs = (pid: number): boolean => identify(pid) !== undefined;

/** The pids that npm start has noted in DATA_DIR, in the order of their first start: the broker's comes first. */
function notedPids(): readonly number[] {
  const record = JSON.parse(readFileSync(join(env['DATA_DIR'] ?? '', 'npm-start.json'), 'utf8')) as {
    parts: { pid: number }[];
  };
  return record.parts.map(({ pid }) => pid);
}

async function status(port: string, path: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
}

async function allReady(): Promise<void> {
  expect(await status(ports.PORT, '/healthz')).toBe(200);
  expect(await status(ports.ADMIN_PORT, '/readyz')).toBe(200);
  expect(await status(ports.WORKER_ADMIN_PORT, '/readyz')).toBe(200);
}

interface Envelope {
  readonly type: string;
  readonly cursor?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A session's socket: what it gets until `last` has come. */
async function talk(query: string, say: object | undefined, last: string): Promise<readonly Envelope[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${ports.PORT}/ws/chat/s1${query}`);
  const events: Envelope[] = [];
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.on('message', (frame: Buffer) => {
      const event = JSON.parse(frame.toString('utf8')) as Envelope;
      events.push(event);
      if (event.type === 'connection' && say !== undefined) socket.send(JSON.stringify(say));
      if (event.type === last) resolve();
    });
  });
  await done;
  socket.terminate();
  return events;
}

describe('npm start', () => {
  it('runs everything, says where in one line, and stops with exit code 0', async () => {
    await using start = new NpmStart(env);
    expect(await start.ready()).toMatch(new RegExp(`^Ready on http://localhost:${ports.PORT} `));
    await allReady();
    expect(start.output.filter((line) => !line.startsWith('{'))).toHaveLength(1);
    const pids = notedPids();
    // The broker, a worker, a gateway, and the publisher of the demo.
    expect(pids.filter(runs)).toHaveLength(4);

    start.signal('SIGTERM');
    expect(await start.ended()).toBe(0);
    expect([...pids, start.pid].filter(runs)).toEqual([]);
    expect(existsSync(join(env['DATA_DIR'] ?? '', 'npm-start.json'))).toBe(false);
  });

  it('starts a part again that was killed, also the broker', async () => {
    await using start = new NpmStart(env);
    await start.ready();
    const [brokerPid = Number.NaN] = notedPids();
    process.kill(start.pidOf('gateway'), 'SIGKILL');
    process.kill(start.pidOf('chat-worker'), 'SIGKILL');
    await start.line((line) => line === 'gateway is ready again.');
    await start.line((line) => line === 'worker is ready again.');
    await allReady();
    process.kill(brokerPid, 'SIGKILL');
    await start.line((line) => line === 'broker is ready again.');
    // The services notice it by themselves; until then a client is sent away and comes again.
    const chat = { type: 'chat', id: 'c1', data: { message: 'Olá' } };
    await vi.waitFor(() => talk('', chat, 'chat_complete'), { timeout: 20_000 });
  });

  it.each(['1', '2'])('with STREAM_SHARDS=%s keeps what was said for the next start', async (shards) => {
    env = { ...env, STREAM_SHARDS: shards };
    await using first = new NpmStart(env);
    await first.ready();
    const said = await talk('', { type: 'chat', id: 'c1', data: { message: 'Olá' } }, 'chat_complete');
    first.signal('SIGINT');
    expect(await first.ended()).toBe(0);

    await using second = new NpmStart(env);
    await second.ready();
    // Which builds and installs nothing.
    expect(second.errors).toEqual([]);
    const cursor = encodeURIComponent(said[0]?.cursor ?? String(said[0]?.data['cursor']));
    const again = await talk(`?since=${cursor}`, undefined, 'chat_complete');
    expect(again[0]?.data['recovered']).toBe(true);
    const durable = (events: readonly Envelope[]): unknown[] =>
      events.filter((event) => event.cursor !== undefined).map(({ type, data }) => ({ type, data }));
    expect(durable(again)).toEqual(durable(said));
  });

  it('takes over from a start that was killed: its services end by themselves, its broker is ended', async () => {
    await using killed = new NpmStart(env);
    await killed.ready();
    const pids = notedPids();
    killed.signal('SIGKILL');
    await using start = new NpmStart(env);
    await start.ready();
    await killed.ended();
    expect(pids.filter(runs)).toEqual([]);
    await allReady();
  });

  it('has no demo and no button for it in production', async () => {
    const origins = { NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://app.example.org' };
    await using start = new NpmStart({ ...env, ...origins });
    await start.ready();
    expect(notedPids()).toHaveLength(3);
    const page = await fetch(`http://127.0.0.1:${ports.PORT}/`);
    expect(await page.text()).toContain('<meta name="demo" content="off"');
  });

  it('takes the signal that npm passes on a second time for the same one', async () => {
    await using start = new NpmStart(env);
    await start.ready();
    start.signal('SIGINT');
    start.signal('SIGINT');
    expect(await start.ended()).toBe(0);
  });

  it('ends at once at a second signal more than a second later', async () => {
    await using start = new NpmStart({ ...env, DRAIN_SECONDS: '20' });
    await start.ready();
    const pids = notedPids();
    const worker = start.pidOf('chat-worker');
    // A part that can't end: only so does the stop last long enough for a second signal.
    process.kill(start.pidOf('gateway'), 'SIGSTOP');
    start.signal('SIGINT');
    await sleep(1100);
    expect(runs(worker)).toBe(true);
    start.signal('SIGINT');
    expect(await start.ended()).toBe(130);
    expect(pids.filter(runs)).toEqual([]);
  });

  it('exits 0 within DRAIN_SECONDS + 5 s although a part hangs', async () => {
    await using start = new NpmStart({ ...env, DRAIN_SECONDS: '0' });
    await start.ready();
    const pids = notedPids();
    process.kill(start.pidOf('gateway'), 'SIGSTOP');
    const askedAtMs = Date.now();
    start.signal('SIGTERM');
    expect(await start.ended()).toBe(0);
    expect(Date.now() - askedAtMs).toBeLessThan(5000);
    expect(pids.filter(runs)).toEqual([]);
  });

  it('runs several gateways on one port', async () => {
    await using start = new NpmStart({ ...env, GATEWAY_PROCESSES: '2' });
    await start.ready();
    expect(new Set(start.log.filter(({ service }) => service === 'gateway').map(({ pid }) => pid)).size).toBe(
      2,
    );
    await allReady();
    expect(await status(String(Number(ports.ADMIN_PORT) + 10), '/readyz')).toBe(200);
  });

  it('uses the broker of NATS_URL and starts none', async () => {
    await using broker = await NatsServer.start();
    await using start = new NpmStart({ ...env, NATS_URL: broker.url });
    expect(await start.ready()).toBe(`Ready on http://localhost:${ports.PORT}`);
    await allReady();
    expect(existsSync(env['DATA_DIR'] ?? '')).toBe(false);
  });
});

describe('one part alone', () => {
  it('runs broker, worker and gateway as three starts', async () => {
    await using broker = new NpmStart(env, ['broker']);
    expect(await broker.ready()).toMatch(/^Ready: broker .*nats:\/\/127\.0\.0\.1:/);
    await using worker = new NpmStart(env, ['worker']);
    expect(await worker.ready()).toBe('Ready: worker');
    await using gateway = new NpmStart(env, ['gateway']);
    expect(await gateway.ready()).toBe(`Ready on http://localhost:${ports.PORT}`);
    await allReady();
    gateway.signal('SIGTERM');
    expect(await gateway.ended()).toBe(0);
    expect(await status(ports.WORKER_ADMIN_PORT, '/readyz')).toBe(200);
  });

  it('says how to get a broker when there is none', async () => {
    await using worker = new NpmStart(env, ['worker']);
    expect(await worker.ended()).toBe(1);
    expect(worker.errors).toEqual([
      `NATS_PORT 127.0.0.1:${ports.NATS_PORT}: no broker answers (ECONNREFUSED). ` +
        'Start one with "npm run start:broker", or set NATS_URL to one that runs.',
    ]);
  });

  it('names the parts there are', async () => {
    await using start = new NpmStart(env, ['gatway']);
    expect(await start.ended()).toBe(1);
    expect(start.errors).toEqual(['"gatway" is no part: broker, gateway or worker, or none for all.']);
  });
});

/** Everything that was printed by a start that must fail. */
async function failure(more: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using start = new NpmStart({ ...env, ...more });
  expect(await start.ended()).toBe(1);
  return [...start.output, ...start.errors];
}

describe('npm start that can not go on', () => {
  it.each(['PORT', 'ADMIN_PORT', 'WORKER_ADMIN_PORT', 'NATS_PORT'] as const)(
    'names %s when it is taken, in one line',
    async (setting) => {
      const taken = createServer().listen(Number(ports[setting]), '127.0.0.1');
      await once(taken, 'listening');
      const said = await failure({});
      taken.close();
      expect(said).toEqual([
        expect.stringMatching(
          new RegExp(`^${setting} ${ports[setting]} is in use already: set ${setting} to a`),
        ),
      ]);
    },
  );

  it('names DATA_DIR when it can not be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const below = join(folder, 'file', 'data');
    expect(await failure({ DATA_DIR: below })).toEqual([`DATA_DIR ${below} can't be written: ENOTDIR.`]);
  });

  it('names DATA_DIR when another start runs there', async () => {
    await using running = new NpmStart(env);
    await running.ready();
    const said = await failure({ ...(await randomPorts()) });
    expect(said).toEqual([
      `DATA_DIR ${env['DATA_DIR'] ?? ''} is in use already, by the start with pid ${running.pid}.`,
    ]);
    await allReady();
  });

  it('names NATS_URL when its broker has no JetStream', async () => {
    const path = [process.env['PATH'] ?? '', '/usr/sbin'].join(delimiter);
    const args = ['--addr', '127.0.0.1', '--port', ports.NATS_PORT];
    const broker = spawn('nats-server', args, { env: { PATH: path }, stdio: 'ignore' });
    await once(broker, 'spawn');
    const said = await failure({ NATS_URL: `nats://127.0.0.1:${ports.NATS_PORT}` });
    broker.kill('SIGKILL');
    expect(said).toEqual([
      `NATS_URL 127.0.0.1:${ports.NATS_PORT}: this broker has no JetStream, start it with "nats-server -js".`,
    ]);
  });

  it.each([
    ['PORT', 'http'],
    ['LOG_LEVEL', 'loud'],
    ['ACK_WAIT_MS', 'long'],
    ['MAX_ERRORS', 'few'],
  ])('names %s when it is "%s", in one line', async (name, value) => {
    const said = await failure({ [name]: value });
    const lines = said.filter((line) => !line.startsWith('{'));
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name}\\b`))]);
  });
});
