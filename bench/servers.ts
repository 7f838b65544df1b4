import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pinned, type Processors } from './processors.ts';

export interface Broker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Asks what a preloaded file answers. */
  readonly ask: (question: string) => Promise<unknown>;
}

/** A nats-server of its own, beside the driver. */
export async function startBroker(): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-nats-'));
  const port = await freePort();
  const broker = ['nats-server', '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const [command = '', ...args] = pinned('driver', broker);
  const child = spawn(command, args, { stdio: 'ignore' });
  const stopAtOnce = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stopAtOnce);
  await untilListening(port);
  return {
    url: `127.0.0.1:${String(port)}`,
    pid: pidOf(child),
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      process.off('exit', stopAtOnce);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function startBarePipe(
  broker: Broker,
  mode: 'send' | 'gather',
  options: ServiceOptions = {},
): Promise<MeasuredServer> {
  return start({ ...options, file: ownFile('bare-pipe.js'), args: [broker.url, mode] });
}

export function startBareFanOut(broker: Broker, options: ServiceOptions = {}): Promise<MeasuredServer> {
  return start({ ...options, file: ownFile('bare-fan-out.js'), args: [broker.url] });
}

export function startBareRequest(broker: Broker, role: 'gateway' | 'worker'): Promise<MeasuredServer> {
  return start({ file: ownFile('bare-request.js'), args: [broker.url, role] });
}

/**
 * The original, in the smallest application around it.
 * @param python with FastAPI, uvicorn, uvloop, httptools and websockets
 */
export async function startOriginal(file: string, python: string): Promise<Omit<MeasuredServer, 'ask'>> {
  const port = await freePort();
  const uvicorn = [python, '-m', 'uvicorn', 'app:app', '--host', '127.0.0.1', '--port', String(port)];
  const lean = ['--loop', 'uvloop', '--http', 'httptools', '--log-level', 'critical', '--no-access-log'];
  const unpacked = ['--ws-per-message-deflate', 'false'];
  const [command = '', ...args] = pinned('measured', [...uvicorn, ...lean, ...unpacked]);
  const child = spawn(command, args, {
    // Its sources are no TypeScript: they stay where they are.
    cwd: fileURLToPath(new URL('../../bench/original', import.meta.url)),
    env: { ...process.env, ORIGINAL_FILE: resolve(file), PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the original did not start');
  });
  await Promise.race([untilListening(port), ended]);
  ended.catch(() => undefined); // When it is stopped.
  return { port, pid: pidOf(child), [Symbol.asyncDispose]: () => stop(child) };
}

export function startBarePublisher(broker: Broker, chats: number, pauseMs: number): Promise<MeasuredServer> {
  return start({ file: ownFile('bare-publisher.js'), args: [broker.url, String(chats), String(pauseMs)] });
}

/** To be loaded before a server whose event loop is in question. */
export const LOOP_WATCH = ownFile('loop-watch.js');

/** To be loaded before a server whose memory is in question: see `memoryOf`. */
export const ANSWER_MEMORY = ownFile('answer-memory.js');

/** What a server keeps once its garbage is collected, bytes. */
export async function memoryOf(server: MeasuredServer): Promise<number> {
  const bytes = await server.ask('memory');
  if (typeof bytes !== 'number') throw new Error('a server did not say how much memory it keeps');
  return bytes;
}

/** What an experiment wants of a service beside the defaults. */
export interface ServiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The path of a file that the process loads first. */
  readonly preload?: string;
  /** Its processor: that of what is measured where nothing else is said. */
  readonly where?: keyof Processors;
}

export interface MeasuredGateway extends MeasuredServer {
  readonly adminPort: number;
}

/** The real gateway with everything on, from the given built tree. */
export async function startGateway(
  broker: Broker,
  dist: string,
  { env = {}, ...options }: ServiceOptions = {},
): Promise<MeasuredGateway> {
  const port = await freePort();
  const adminPort = await freePort();
  const server = await start({
    ...options,
    file: join(dist, 'gateway', 'main.js'),
    env: {
      NATS_URL: broker.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      LOG_LEVEL: 'warn',
      MAX_CONNECTIONS: '100000',
      MAX_CONNECTIONS_PER_IP: '100000',
      ...env,
    },
  });
  return { ...server, port, adminPort };
}

/** The real worker, with the built-in agent, which never pauses here. */
export async function startWorker(
  broker: Broker,
  dist: string,
  { env = {}, ...options }: ServiceOptions = {},
): Promise<MeasuredServer> {
  return start({
    ...options,
    file: join(dist, 'chat-worker', 'main.js'),
    env: {
      NATS_URL: broker.url,
      WORKER_ADMIN_PORT: String(await freePort()),
      LOG_LEVEL: 'warn',
      LOCAL_AGENT_DELAY_MS: '0',
      ...env,
    },
  });
}

export interface PacedWorkerOptions {
  /** Between two pieces of an answer. */
  readonly pauseMs: number;
  /** Of an answer. */
  readonly pieces: number;
  /** Chats at once. */
  readonly concurrency?: number;
  readonly where?: keyof Processors;
}

/** The real worker with an agent that keeps a pace, from the given built tree. */
export async function startPacedWorker(
  broker: Broker,
  dist: string,
  { pauseMs, pieces, concurrency = 1_000, where = 'measured' }: PacedWorkerOptions,
): Promise<MeasuredServer> {
  return start({
    where,
    file: join(dist, 'bench', 'paced-worker.js'),
    args: [String(pauseMs), String(pieces)],
    env: {
      NATS_URL: broker.url,
      WORKER_ADMIN_PORT: String(await freePort()),
      LOG_LEVEL: 'warn',
      WORKER_CONCURRENCY: String(concurrency),
    },
  });
}

interface Start extends ServiceOptions {
  readonly file: string;
  readonly args?: readonly string[];
}

async function start({
  file,
  args = [],
  env = {},
  preload,
  where = 'measured',
}: Start): Promise<MeasuredServer> {
  const imports = preload === undefined ? [] : ['--import', pathToFileURL(preload).href];
  const [execPath = '', ...execArgv] = pinned(where, [process.execPath, ...imports]);
  const child = fork(file, [...args], {
    execPath,
    execArgv,
    env: { ...inheritedEnv(), ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${file} did not start`)));
  });
  return {
    port: isPortMessage(message) ? message.port : 0,
    pid: pidOf(child),
    ask: async (question) => {
      const answer = once(child, 'message').then(([value]: unknown[]) => value);
      child.send(question);
      return answer;
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** Without what would have the services export what they measure. */
function inheritedEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_')));
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function isPortMessage(message: unknown): message is { port: number } {
  return (
    typeof message === 'object' && message !== null && 'port' in message && typeof message.port === 'number'
  );
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a process did not start');
  return pid;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await delay(50); // Not yet.
    } finally {
      socket.destroy();
    }
  }
}
