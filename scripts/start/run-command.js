import { Stopped } from './failure.js';
import { signalGroup, spawnGroup } from './process-groups.js';

/**
 * Runs a command to its end, or until `signal` aborts, which ends the command's whole process group.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{
 *   signal: AbortSignal,
 *   cwd?: string,
 *   env?: NodeJS.ProcessEnv,
 *   output?: 'inherit' | 'capture',
 * }} options `capture` (the default) keeps stdout and stderr together in the result
 * @returns {Promise<{ code: number, output: string }>} code 127 when the command could not be started;
 *   rejects with `Stopped` when the signal aborts
 */
export function runCommand(command, args, { signal, cwd, env, output = 'capture' }) {
  if (signal.aborted) return Promise.reject(new Stopped());
  const stdio = output === 'inherit' ? 'inherit' : 'pipe';
  return new Promise((resolve, reject) => {
    const child = spawnGroup(command, args, {
      stdio: ['ignore', stdio, stdio],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
    /** @type {Buffer[]} */
    const chunks = [];
    const keep = (/** @type {Buffer} */ chunk) => chunks.push(chunk);
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const end = () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
    };
    signal.addEventListener('abort', end, { once: true });
    child.once('error', (error) => {
      signal.removeEventListener('abort', end);
      resolve({ code: 127, output: error.message });
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(new Stopped());
      else resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
