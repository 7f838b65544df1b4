import { spawn } from 'node:child_process';

/** @type {Set<number>} the leaders of the process groups that this process started and that still run */
const leaders = new Set();

/**
 * Starts a process as the leader of a group of its own: Ctrl-C in the terminal does not reach it, and it
 * can be killed together with whatever it started.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnGroup(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) {
    leaders.add(pid);
    child.once('exit', () => leaders.delete(pid));
  }
  return child;
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(leader, signal) {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group ended meanwhile, or belongs to root because sudo started it: nothing left to do here.
  }
}

/** The last resort, also when this process crashes: nothing it started outlives it. */
export function killAllGroups() {
  for (const leader of leaders) signalGroup(leader, 'SIGKILL');
}
