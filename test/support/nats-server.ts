import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Broker } from './broker.ts';
import { brokerMappings } from './test-shards.ts';

/** Debian installs it where only root's PATH looks. */
export const NATS_SERVER_PATH = [process.env['PATH'] ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);
const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
const READY = /Server is ready/;
const VIOLATION = /(Publish|Subscription) Violation/;
const RANDOM_PORT = -1;

/**
 * Ends what a test process that was killed itself left behind: its standard input closes with that
 * process, however it ends.
 */
const WATCHDOG = 'cat >/dev/null; kill -9 "$1" 2>/dev/null; rm -rf "$2"';

export interface NatsServerOptions {
  /** More of the server's configuration file: accounts, limits. */
  readonly config?: string;
  /** Files beside it, by name: what it includes. */
  readonly files?: Readonly<Record<string, string>>;
  /** What it refers to as `$NAME`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** More of the command line. */
  readonly args?: readonly string[];
}

/**
 * A real broker with JetStream on a random loopback port, its files in a folder of its own. It comes back
 * on the same port with the same files after `kill` or `stop`; disposing it removes everything.
 */
export class NatsServer implements Broker {
  readonly replicas = 1;
  readonly #folder: string;
  readonly #options: NatsServerOptions;
  #process: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;
  #port = RANDOM_PORT;
  readonly #violations: string[] = [];

  private constructor(folder: string, options: NatsServerOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'nats-server-'));
    const files = { ...options.files, 'server.conf': options.config ?? brokerMappings() };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const server = new NatsServer(folder, options);
    try {
      await server.restart();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** What `NATS_URL` wants. */
  get url(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** What it refused its clients, as it has logged it so far. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  /** SIGKILL, as a crash: nothing is flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM: the broker ends as it does in a deployment. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /**
   * Starts it, after `kill` or `stop` with what it had, perhaps with another configuration; a broker that runs
   * is stopped first.
   */
  async restart(config?: string): Promise<void> {
    await this.stop();
    if (config !== undefined) await writeFile(join(this.#folder, 'server.conf'), config);
    const child = spawn('nats-server', this.#arguments(), {
      env: {
        ...process.env,
        ...this.#options.environment,
        NATS_STORE_DIR: this.#store,
        PATH: NATS_SERVER_PATH,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    await once(child, 'spawn');
    this.#watchdog = spawn('sh', ['-c', WATCHDOG, 'sh', String(child.pid), this.#folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#port = await untilReady(child, this.#violations);
  }

  /** As `nats-server --signal ldm`: it tells its clients, sends them away and ends. Resolves when it has. */
  async lameDuck(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) throw new Error('the broker does not run');
    const ended = once(child, 'exit');
    spawn('nats-server', ['--signal', `ldm=${child.pid}`], {
      env: { ...process.env, PATH: NATS_SERVER_PATH },
      stdio: 'ignore',
    });
    await ended;
  }

  /** SIGSTOP: connections stay open and nothing answers, as with a machine that hangs. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #store(): string {
    return join(this.#folder, 'store');
  }

  #arguments(): string[] {
    return [
      ...['-a', '127.0.0.1', '-p', String(this.#port)],
      // A configuration that says where refers to $NATS_STORE_DIR: the server takes only one word for it.
      ...(this.#options.config?.includes('store_dir') === true ? [] : ['-js', '-sd', this.#store]),
      ...['-c', join(this.#folder, 'server.conf')],
      ...(this.#options.args ?? []),
    ];
  }

  #releaseWatchdog(): void {
    const pid = this.#watchdog?.pid;
    this.#watchdog = undefined;
    // The whole group: the shell and what it waits on.
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    this.#releaseWatchdog();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // A paused process hears nothing but SIGKILL until it goes on.
    child.kill('SIGCONT');
    await ended;
  }
}

/** @returns the port it listens on. @throws with what it wrote when it ends instead */
async function untilReady(child: ChildProcess, violations: string[]): Promise<number> {
  if (child.stderr === null) throw new Error('nats-server has no standard error');
  const said: string[] = [];
  let port: number | undefined;
  // Read to the end, also after it is ready: a full pipe would stop it.
  const lines = createInterface({ input: child.stderr });
  return new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      if (said.length < 200) said.push(line);
      if (VIOLATION.test(line)) violations.push(line);
      port ??= Number(LISTENING.exec(line)?.[1] ?? Number.NaN) || undefined;
      if (READY.test(line) && port !== undefined) resolve(port);
    });
    child.once('exit', (code) => {
      reject(new Error(`nats-server ended with ${String(code)}:\n${said.join('\n')}`));
    });
  });
}
