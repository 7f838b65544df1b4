import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { inTime } from '../../support/eventually.ts';

const END_DEADLINE_MS = 40_000;
const HEALTH_TRIES = 100;
const HEALTH_INTERVAL_MS = 200;

/** A command of the image as a process, with nothing of this one's environment but where programs are. */
export class Container implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  constructor(folder: string, command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** As an engine asks, until a command ends with 0. @throws `unhealthy` */
  static async untilHealthy(
    folder: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    tries = HEALTH_TRIES,
  ): Promise<void> {
    for (let left = tries; left > 0; left -= 1) {
      await using check = new Container(folder, command, environment);
      if ((await check.ended()) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, HEALTH_INTERVAL_MS));
    }
    throw new Error('unhealthy');
  }

  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the exit code; null when a signal ended it */
  async ended(): Promise<number | null> {
    await inTime(this.#exited, () => `no end:\n${this.#output.slice(-2_000)}`, END_DEADLINE_MS);
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
  }
}
