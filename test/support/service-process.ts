import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { inTime } from './eventually.ts';

const logLine = z.looseObject({ msg: z.string(), level: z.string() });
export type ServiceLine = z.infer<typeof logLine>;

/** Two processes that start at once on a busy machine take their time. */
const DEADLINE_MS = 25_000;

const distUrl = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;

/** A built service as `npm start` runs it: with telemetry loaded before it. */
export class ServiceProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: ServiceLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<number | null>;
  readonly #errors: string[] = [];
  readonly #others: string[] = [];

  constructor(service: 'gateway' | 'chat-worker', environment: Readonly<Record<string, string>>) {
    const { PATH = '' } = process.env;
    const args = [
      '--import',
      distUrl('shared/telemetry/start.js'),
      new URL(distUrl(`${service}/main.js`)).pathname,
    ];
    this.#child = spawn(process.execPath, args, {
      env: { PATH, ...environment, LOG_LEVEL: 'debug' },
      // With the channel open it stops by itself when the test's process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit').then(([code]: unknown[]) =>
      code === null ? null : Number(code),
    );
    if (this.#child.stdout === null || this.#child.stderr === null) throw new Error('no pipes');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      // Console exporters write among the log lines.
      if (line.startsWith('{"level"')) this.#lines.push(logLine.parse(JSON.parse(line)));
      else this.#others.push(line);
      for (const wake of this.#waiting) wake();
    });
    this.#child.stderr.on('data', (data: Buffer) => this.#errors.push(data.toString()));
  }

  get lines(): readonly ServiceLine[] {
    return this.#lines;
  }

  /** What it wrote beside its log. */
  get otherOutput(): string {
    return this.#others.join('\n');
  }

  /** What it wrote for people. */
  get errors(): string {
    return this.#errors.join('');
  }

  /** Resolves with the line once it has logged it. */
  logged(message: string): Promise<ServiceLine> {
    return inTime(this.#logged(message), () => `no line "${message}": ${this.errors}`, DEADLINE_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exited();
  }

  exited(): Promise<number | null> {
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #logged(message: string): Promise<ServiceLine> {
    for (;;) {
      const line = this.#lines.find(({ msg }) => msg === message);
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}
