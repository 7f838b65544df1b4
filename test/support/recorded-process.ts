import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inTime } from './eventually.ts';

/** A built service as `npm start` runs it, as a process of its own, and everything it says. */
export class RecordedProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  private constructor(service: 'gateway' | 'chat-worker', environment: Readonly<Record<string, string>>) {
    const telemetry = new URL('../../dist/shared/telemetry/start.js', import.meta.url).href;
    const main = fileURLToPath(new URL(`../../dist/${service}/main.js`, import.meta.url));
    this.#child = spawn(process.execPath, ['--import', telemetry, main], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      // With the channel open it stops by itself when the test's process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** Resolves when it says that it is ready. @throws Error with what it said when it ends instead */
  static async start(
    service: 'gateway' | 'chat-worker',
    environment: Readonly<Record<string, string>>,
  ): Promise<RecordedProcess> {
    const started = new RecordedProcess(service, environment);
    const ready = once(started.#child, 'message').then(() => true);
    const isReady = await inTime(
      Promise.race([ready, started.#exited.then(() => false)]),
      () => `${service} is not ready:\n${started.#output}`,
    );
    if (!isReady) throw new Error(`${service} ended:\n${started.#output}`);
    return started;
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Both streams, as they came. */
  get output(): string {
    return this.#output;
  }

  /** What `ps` shows to everybody on the machine; only on Linux. */
  get commandLine(): string {
    return readFileSync(`/proc/${this.pid}/cmdline`, 'utf8');
  }

  /** Bytes it holds of the machine's memory; only on Linux. */
  get residentBytes(): number {
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4_096;
  }

  /** SIGTERM, and its end. @returns the exit code */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await inTime(this.#exited, () => `no end:\n${this.#output.slice(-2_000)}`, 20_000);
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
