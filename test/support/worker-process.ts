import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TEST_SHARDS } from './test-shards.ts';

const MAIN = fileURLToPath(new URL('../../dist/chat-worker/main.js', import.meta.url));

const logLine = z.looseObject({ msg: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** The built worker as a process of its own. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<number | null>;
  #errors = '';

  constructor(environment: Readonly<Record<string, string>>) {
    const { PATH = '' } = process.env;
    this.#child = spawn(process.execPath, [MAIN], {
      env: { PATH, LOG_LEVEL: 'debug', STREAM_SHARDS: String(TEST_SHARDS.count), ...environment },
      // With the channel open it stops by itself when the test's process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit').then(([code]: unknown[]) =>
      code === null ? null : Number(code),
    );
    if (this.#child.stdout === null || this.#child.stderr === null) throw new Error('no pipes');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#lines.push(logLine.parse(JSON.parse(line)));
      for (const wake of this.#waiting) wake();
    });
    this.#child.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
  }

  /** Everything it has logged so far. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** What it wrote for people. */
  get errors(): string {
    return this.#errors;
  }

  /** Resolves with the line once it has logged one that begins so. */
  async logged(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.#lines.find(({ msg }) => msg.startsWith(message));
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

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  exited(): Promise<number | null> {
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
