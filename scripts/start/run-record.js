import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { field, readJson } from './json.js';
import { signalGroup } from './process-groups.js';
import { identify, isRunning } from './process-identity.js';

/** @typedef {import('./process-identity.js').ProcessIdentity} ProcessIdentity */

const FILE = 'npm-start.json';
const ORPHAN_GRACE_MS = 3000;
const POLL_MS = 20;

/**
 * @param {unknown} value
 * @returns {ProcessIdentity | undefined}
 */
function parseIdentity(value) {
  const pid = field(value, 'pid');
  const startedAt = field(value, 'startedAt');
  return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
}

/**
 * Who runs on a DATA_DIR, noted in it. Whoever starts next there learns of a start that still runs, and
 * ends what one that was killed has left behind: its broker would hold the port and the store.
 */
export class RunRecord {
  #path;
  /** @type {Map<string, ProcessIdentity>} by the part's name */
  #parts = new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.#path = join(folder, FILE);
  }

  /** @returns {number | undefined} the pid of the start that runs on this folder now */
  runningPid() {
    const starter = parseIdentity(field(readJson(this.#path), 'starter'));
    return starter !== undefined && isRunning(starter) ? starter.pid : undefined;
  }

  /** Ends the parts that an earlier start has left behind. */
  async stopOrphans() {
    const parts = field(readJson(this.#path), 'parts');
    const identities = (Array.isArray(parts) ? parts : []).map(parseIdentity);
    const orphans = identities.filter((identity) => identity !== undefined).filter(isRunning);
    for (const orphan of orphans) signalGroup(orphan.pid, 'SIGTERM');
    const deadlineMs = Date.now() + ORPHAN_GRACE_MS;
    while (orphans.some(isRunning)) {
      if (Date.now() > deadlineMs)
        for (const orphan of orphans.filter(isRunning)) signalGroup(orphan.pid, 'SIGKILL');
      await sleep(POLL_MS);
    }
  }

  /**
   * @param {string} name
   * @param {number} pid
   */
  note(name, pid) {
    const identity = identify(pid);
    if (identity === undefined) return;
    this.#parts.set(name, identity);
    const record = { starter: identify(process.pid), parts: [...this.#parts.values()] };
    // A rename is whole or not at all: a start that is killed here leaves the record before.
    writeFileSync(`${this.#path}.new`, JSON.stringify(record));
    renameSync(`${this.#path}.new`, this.#path);
  }

  remove() {
    rmSync(this.#path, { force: true });
  }
}
