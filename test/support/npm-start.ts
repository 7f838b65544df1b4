import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { freePorts } from './free-ports.ts';
import { TEST_SHARDS } from './test-shards.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Ends a start whose test process was killed: its standard input closes with that process. */
const WATCHDOG = 'cat >/dev/null; kill "$1" 2>/dev/null';

/** One line of a part's log. */
export interface LogLine {
  readonly service: string;
  readonly pid: number;
}

export interface Ports {
  readonly PORT: string;
  readonly ADMIN_PORT: string;
  readonly WORKER_ADMIN_PORT: string;
  readonly NATS_PORT: string;
}

export async function randomPorts(): Promise<Ports> {
  const [port, admin, workerAdmin, nats] = (await freePorts(4)).map(String);
  return {
    PORT: port ?? '',
    ADMIN_PORT: admin ?? '',
    WORKER_ADMIN_PORT: workerAdmin ?? '',
    NATS_PORT: nats ?? '',
  };
}

/** The script behind `npm start`, as a process; stopped when disposed, or at the latest with the test. */
export class NpmStart implements AsyncDisposable {
  readonly output: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #lines = new EventEmitter();
  readonly #closed: Promise<unknown>;

  /** @param env what is set besides PATH and HOME, so that nothing of this machine's environment counts */
  constructor(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
    const { PATH = '', HOME = '' } = process.env;
    this.#process = spawn(process.execPath, ['scripts/start.js', ...args], {
      cwd: ROOT,
      env: { PATH, HOME, LOCAL_AGENT_DELAY_MS: '0', STREAM_SHARDS: String(TEST_SHARDS.count), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#process, 'close');
    const watchdog = spawn('sh', ['-c', WATCHDOG, 'sh', String(this.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    void this.#closed.then(() => watchdog.stdin.end());
    // A test that ran out of time never comes to its end, and to what it disposes there.
    onTestFinished(() => this[Symbol.asyncDispose]());
    this.#collect(this.#process.stdout, this.output);
    this.#collect(this.#process.stderr, this.errors);
  }

  get pid(): number {
    return this.#process.pid ?? Number.NaN;
  }

  /** The line that says all parts are ready. @throws with what was said when it ended instead */
  ready(): Promise<string> {
    return this.line((line) => line.startsWith('Ready'));
  }

  /** The first line of either stream that matches, from the beginning on. @throws when it ended without one */
  async line(matches: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = [...this.output, ...this.errors].find(matches);
      if (found !== undefined) return found;
      const ended = await Promise.race([
        once(this.#lines, 'line').then(() => false),
        this.#closed.then(() => true),
      ]);
      if (ended) throw new Error(`npm start ended:\n${[...this.output, ...this.errors].join('\n')}`);
    }
  }

  /** Every line of the parts' logs so far. */
  get log(): readonly LogLine[] {
    return this.output.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** The pid of the process that logged last as this service. */
  pidOf(service: string): number {
    return this.log.findLast((line) => line.service === service)?.pid ?? Number.NaN;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** @returns the exit code, once the last part has let go of the output too; null after a signal */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    await this.#closed;
  }

  #collect(stream: Readable | null, lines: string[]): void {
    if (stream === null) throw new Error('npm start has no output');
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      this.#lines.emit('line');
    });
  }
}
