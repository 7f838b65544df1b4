import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import type { PartDefinition } from '../../../../scripts/start/part.js';
import { supervise } from '../../../../scripts/start/supervisor.js';

/** Says it is ready, and ends when asked to: what the services do. */
export const GOOD = `
  process.on('SIGTERM', () => { note('SIGTERM'); process.exit(0); });
  process.on('disconnect', () => process.exit(0));
  process.send({ type: 'ready' });
`;

/** Says it is ready, and hears nothing. */
export const DEAF = `
  process.on('SIGTERM', () => note('ignored SIGTERM'));
  process.send({ type: 'ready' });
  setInterval(() => undefined, 1000);
`;

/** Parts made of a few lines each, in a folder, under the real supervisor. */
export class StubRun {
  readonly #folder: string;
  readonly #events = new EventEmitter();
  readonly #stop = new AbortController();
  readonly #definitions: PartDefinition[] = [];
  #running = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    writeFileSync(this.#log, '');
  }

  get #log(): string {
    return join(this.#folder, 'log');
  }

  /** What the parts have noted, in the order they did. */
  get notes(): readonly string[] {
    return readFileSync(this.#log, 'utf8').split('\n').filter(Boolean);
  }

  add(name: string, role: PartDefinition['role'], body: string, more: Partial<PartDefinition> = {}): void {
    const script = join(this.#folder, `${name}.mjs`);
    const note = `import { appendFileSync } from 'node:fs';
      const note = (text) => appendFileSync(${JSON.stringify(this.#log)}, '${name} ' + text + '\\n');`;
    writeFileSync(script, `${note}\n${body}`);
    const definition = { name, role, command: process.execPath, args: [script], env: process.env };
    const rest = { cwd: this.#folder, waitUntilReady: undefined, explanation: undefined };
    this.#definitions.push({ ...definition, ...rest, ...more });
  }

  /** Starts all parts; the result settles with the supervisor. */
  start(drainMs = 2000): Promise<void> {
    this.#running = supervise(this.#definitions, {
      signal: this.#stop.signal,
      drainMs,
      noteStarted: (name, pid) => this.#events.emit(`started ${name}`, pid),
      onReady: () => this.#events.emit('ready'),
    });
    return this.#running;
  }

  /** The pid of the part's next process. Ask before what makes it start. */
  async started(name: string): Promise<number> {
    const [pid] = (await once(this.#events, `started ${name}`)) as [number];
    return pid;
  }

  async ready(): Promise<void> {
    await Promise.race([once(this.#events, 'ready'), this.#running]);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.#running;
  }

  note(text: string): void {
    appendFileSync(this.#log, `${text}\n`);
  }
}

/** Whether there is a process of that pid, ours or anyone's. */
export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
