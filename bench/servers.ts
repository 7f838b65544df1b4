import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** One processor for what is measured, the other for what drives it. */
const MEASURED_CPU = '0';
const DRIVER_CPU = '1';

export interface Broker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** A nats-server of its own, beside the driver. */
export async function startBroker(): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-nats-'));
  const port = await freePort();
  const child = spawn(
    'taskset',
    ['-c', DRIVER_CPU, 'nats-server', '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder],
    { stdio: 'ignore' },
  );
  await untilListening(port);
  return {
    url: `127.0.0.1:${String(port)}`,
    pid: pidOf(child),
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function startBarePipe(broker: Broker, mode: 'send' | 'gather'): Promise<MeasuredServer> {
  return startMeasured(fileURLToPath(new URL('bare-pipe.js', import.meta.url)), [broker.url, mode], {});
}

/** The real gateway with everything on, from the given built tree. */
export async function startGateway(broker: Broker, dist: string): Promise<MeasuredServer> {
  const port = await freePort();
  const server = await startMeasured(join(dist, 'gateway', 'main.js'), [], {
    NATS_URL: broker.url,
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: String(await freePort()),
    LOG_LEVEL: 'warn',
    MAX_CONNECTIONS: '100000',
    MAX_CONNECTIONS_PER_IP: '100000',
  });
  return { ...server, port };
}

async function startMeasured(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<MeasuredServer> {
  const child = fork(file, [...args], {
    execPath: 'taskset',
    execArgv: ['-c', MEASURED_CPU, process.execPath],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${file} did not start`)));
  });
  const port = isPortMessage(message) ? message.port : 0;
  return {
    port,
    pid: pidOf(child),
    [Symbol.asyncDispose]: () => stop(child),
  };
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
