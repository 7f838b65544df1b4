import { setTimeout as sleep } from 'node:timers/promises';
import { field } from './json.js';
import { StartFailure } from './failure.js';
import { signalGroup, spawnGroup } from './process-groups.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** A part that was ready for this long has earned a quick restart again. */
const STABLE_MS = 10_000;

/**
 * @typedef {object} PartDefinition one process that the supervisor keeps running
 * @property {string} name for people, e.g. `gateway 1`
 * @property {'broker' | 'worker' | 'gateway' | 'demo'} role decides the order of starting and stopping
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cwd
 * @property {((signal: AbortSignal) => Promise<void>) | undefined} waitUntilReady undefined: the part says
 *   so itself with `process.send({ type: 'ready' })`, and ends by itself when that channel closes
 * @property {string | undefined} explanation where to look when it does not start; undefined for a part that
 *   prints its own reason
 */

/**
 * @typedef {object} Ending how a process ended
 * @property {string} reason
 * @property {boolean} explained it has printed why by itself
 * @property {StartFailure | undefined} failure what `waitUntilReady` found wrong with it
 */

/**
 * Keeps one process running. It is started again whenever it ends, but not before it was ready once: until
 * then its end means that something is wrong with the settings.
 */
export class Part {
  #definition;
  #noteStarted;
  #stopping = new AbortController();
  #everReady = false;
  /** @type {number | undefined} */
  #pid;
  /** @type {Promise<void>} settles when nothing of the part runs and nothing will be started again */
  #done = Promise.resolve();

  /**
   * @param {PartDefinition} definition
   * @param {(name: string, pid: number) => void} noteStarted
   */
  constructor(definition, noteStarted) {
    this.#definition = definition;
    this.#noteStarted = noteStarted;
  }

  get role() {
    return this.#definition.role;
  }

  /**
   * @returns {Promise<void>} resolves when the part is ready for the first time
   * @throws {StartFailure} when it ends before that
   */
  start() {
    return new Promise((resolve, reject) => {
      this.#done = this.#keepRunning(resolve).catch((/** @type {unknown} */ error) => {
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  /**
   * Asks it to end; what still runs at the deadline is killed with all it started.
   *
   * @param {number} deadlineMs milliseconds since the epoch
   */
  async stop(deadlineMs) {
    this.#stopping.abort();
    if (this.#pid !== undefined) {
      try {
        process.kill(this.#pid, 'SIGTERM');
      } catch {
        // It ended by itself just now.
      }
    }
    const timer = setTimeout(() => {
      if (this.#pid !== undefined) signalGroup(this.#pid, 'SIGKILL');
    }, deadlineMs - Date.now());
    await this.#done;
    clearTimeout(timer);
  }

  #isStopping() {
    return this.#stopping.signal.aborted;
  }

  /** @param {() => void} onFirstReady */
  async #keepRunning(onFirstReady) {
    const { name } = this.#definition;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#isStopping()) {
      let readySinceMs = Infinity;
      const { reason, explained, failure } = await this.#runOnce(() => {
        readySinceMs = Date.now();
        if (this.#everReady) console.error(`${name} is ready again.`);
        this.#everReady = true;
        onFirstReady();
      });
      if (this.#isStopping()) return;
      if (!this.#everReady)
        throw failure ?? new StartFailure(explained ? '' : `${name} did not start: ${reason}.`);
      if (Date.now() - readySinceMs > STABLE_MS) pauseMs = FIRST_PAUSE_MS;
      console.error(`${name} ended (${reason}), it is started again in ${pauseMs / 1000} s.`);
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** @param {number} durationMs */
  async #pause(durationMs) {
    try {
      await sleep(durationMs, undefined, { signal: this.#stopping.signal });
    } catch {
      // Stopped meanwhile: the loop sees it.
    }
  }

  /**
   * @param {() => void} onReady
   * @returns {Promise<Ending>}
   */
  #runOnce(onReady) {
    const { name, command, args, env, cwd, waitUntilReady, explanation } = this.#definition;
    const stdio = waitUntilReady === undefined ? 'inherit' : 'ignore';
    const child = spawnGroup(command, args, {
      env,
      cwd,
      stdio: ['ignore', stdio, stdio, waitUntilReady === undefined ? 'ipc' : 'ignore'],
    });
    const { pid } = child;
    this.#pid = pid;
    if (pid !== undefined) this.#noteStarted(name, pid);
    const ended = new AbortController();
    /** @type {StartFailure | undefined} */
    let failure;
    waitUntilReady?.(ended.signal).then(onReady, (/** @type {unknown} */ error) => {
      if (!(error instanceof StartFailure) || pid === undefined) return;
      failure = error;
      signalGroup(pid, 'SIGKILL');
    });
    child.on('message', (message) => {
      if (field(message, 'type') === 'ready') onReady();
    });
    return new Promise((resolve) => {
      const end = (/** @type {string} */ how, /** @type {boolean} */ explained) => {
        this.#pid = undefined;
        ended.abort();
        const reason = explanation === undefined ? how : `${how}, ${explanation}`;
        resolve({ reason, explained, failure });
      };
      child.on('error', (error) => {
        // Also raised for a signal or a message that could not be sent: only a failed start is an end.
        if (pid === undefined) end(error.message, false);
      });
      child.once('exit', (code, signal) => {
        end(signal ?? `exit code ${code ?? 'unknown'}`, code === 1 && explanation === undefined);
      });
    });
  }
}
