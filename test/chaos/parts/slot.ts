import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Link } from '../network/link.ts';
import { PartProcess, type Exit } from './part-process.ts';

export interface SlotOptions {
  readonly name: string;
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Between the part and the broker. */
  readonly brokerLink: Link;
  /** Grows whenever the way to the broker is broken: a start that meets it may fail. */
  readonly disturbances: () => number;
  readonly onDefect: (text: string) => void;
  readonly onTold: (message: unknown) => void;
}

/** Where one gateway or worker runs: whenever it ends it is started again, as a supervisor does it. */
export class Slot implements AsyncDisposable {
  readonly name: string;
  readonly brokerLink: Link;
  readonly #options: SlotOptions;
  readonly #running: Promise<void>;
  #process: PartProcess;
  /** What was done to it: how it may end now. */
  #expected: 'nothing' | 'any end' | 'code 0' = 'nothing';
  #downMs = 0;
  readonly #events = new EventEmitter<{ spawned: [] }>();
  #closing = false;

  constructor(options: SlotOptions) {
    this.name = options.name;
    this.brokerLink = options.brokerLink;
    this.#options = options;
    this.#process = this.#spawn();
    this.#running = this.#keepRunning();
  }

  get process(): PartProcess {
    return this.#process;
  }

  /** Resolves once a process of this slot is ready, be it this one or a later one. */
  async ready(): Promise<void> {
    for (;;) {
      const process = this.#process;
      if ((await process.ready()) || this.#closing) return;
      if (this.#process === process) await once(this.#events, 'spawned');
    }
  }

  /** As a crash. It is started again after a while. */
  async kill(downMs: number): Promise<void> {
    await this.#end('SIGKILL', 'any end', downMs);
  }

  /** As a deployment does it. */
  async terminate(downMs: number): Promise<void> {
    await this.#end('SIGTERM', this.#expected === 'any end' ? 'any end' : 'code 0', downMs);
  }

  /** It sleeps: its connections stay open, and it does not know. Somebody else wakes it, whatever happens here. */
  freeze(durationMs: number): void {
    const { pid } = this.#process;
    this.#process.signal('SIGSTOP');
    const script = 'sleep "$1"; kill -CONT "$2" 2>/dev/null';
    const waker = spawn('sh', ['-c', script, 'sh', String(durationMs / 1_000), String(pid)], {
      stdio: 'ignore',
      detached: true,
    });
    waker.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#expected = 'any end';
    this.#process.signal('SIGKILL');
    await this.#running;
  }

  async #end(signal: NodeJS.Signals, expected: 'any end' | 'code 0', downMs: number): Promise<void> {
    if (this.#process.ended) return;
    this.#expected = expected;
    this.#downMs = downMs;
    const { exited } = this.#process;
    this.#process.signal(signal);
    if (signal === 'SIGKILL') await exited;
  }

  async #keepRunning(): Promise<void> {
    for (;;) {
      const started = this.#options.disturbances();
      const wasReady = this.#process.ready();
      const exit = await this.#process.exited;
      this.brokerLink.hangUp();
      if (this.#closing) return;
      const wasDisturbed = this.#options.disturbances() !== started;
      this.#judge(exit, await wasReady, wasDisturbed);
      await delay(this.#downMs);
      this.#expected = 'nothing';
      this.#downMs = 0;
      this.#process = this.#spawn();
      this.#events.emit('spawned');
    }
  }

  #judge({ code, signal }: Exit, wasReady: boolean, wasDisturbed: boolean): void {
    // Before its own code runs a process ends by the signal itself.
    const isStopped = code === 0 || (!wasReady && signal === 'SIGTERM');
    const isExpected = this.#expected === 'any end' || (this.#expected === 'code 0' && isStopped);
    if (isExpected || (wasDisturbed && !wasReady)) return;
    const lines = this.#process.lines.slice(-20).join('\n');
    this.#options.onDefect(`${this.name} ended with ${String(code ?? signal)}:\n${lines}`);
  }

  #spawn(): PartProcess {
    const { script, environment, onDefect, onTold } = this.#options;
    return new PartProcess(script, environment, {
      onDefect: (text) => onDefect(`${this.name}: ${text}`),
      onTold,
    });
  }
}
