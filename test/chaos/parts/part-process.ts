import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const logLine = z.looseObject({ level: z.string(), msg: z.string() });
const told = z.looseObject({ type: z.string() });

/** A line that a part should never have to write. */
const DEFECTS = new Set(['error', 'fatal']);
const KEPT_LINES = 300;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PartListeners {
  /** A line of the log that tells of a defect, or anything on standard error. */
  readonly onDefect: (text: string) => void;
  /** A message over the channel between the processes. */
  readonly onTold: (message: unknown) => void;
}

/** One built service as a process of its own; it ends by itself when this process does. */
export class PartProcess {
  readonly exited: Promise<Exit>;
  /** The last lines it wrote. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #port: number | undefined;
  #ended = false;
  #ready: () => void = () => undefined;
  readonly #whenReady = new Promise<void>((resolve) => (this.#ready = resolve));

  constructor(script: string, environment: Readonly<Record<string, string>>, listeners: PartListeners) {
    const { PATH = '' } = process.env;
    this.#child = spawn(process.execPath, [script], {
      env: { PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.exited = once(this.#child, 'exit').then(([code, signal]: unknown[]) => {
      this.#ended = true;
      return { code: code as Exit['code'], signal: signal as Exit['signal'] };
    });
    this.#child.on('message', (message) => {
      if (told.safeParse(message).data?.type === 'ready') this.#ready();
      else listeners.onTold(message);
    });
    // A signal may find it gone already.
    this.#child.on('error', () => undefined);
    this.#read(listeners);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where a gateway listens. */
  get port(): number | undefined {
    return this.#port;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves to whether it became ready, rather than ended before. */
  async ready(): Promise<boolean> {
    return Promise.race([this.#whenReady.then(() => true), this.exited.then(() => false)]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #read({ onDefect }: PartListeners): void {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#keep(line);
      const parsed = logLine.safeParse(parseJson(line)).data;
      if (parsed === undefined || DEFECTS.has(parsed.level)) onDefect(line);
      if (parsed?.msg === 'listening') this.#port = Number(parsed['port']);
    });
    createInterface({ input: stderr }).on('line', (line) => {
      this.#keep(line);
      onDefect(line);
    });
  }

  #keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
