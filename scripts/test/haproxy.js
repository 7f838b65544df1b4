import { disableService, findProgram, installPackage } from '../start/system-package.js';

const NAME = 'haproxy';

/** Debian installs it where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {string | undefined} the path of a haproxy that can be run
 */
export function findHaproxy(env, moreFolders = SYSTEM_FOLDERS) {
  return findProgram(NAME, env, moreFolders);
}

/**
 * Installs the proxy that `deploy/proxy` configures, if need be. Nothing but the tests of that configuration needs
 * it, so its absence is no failure.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @param {readonly string[]} [moreFolders]
 * @returns {Promise<string | undefined>} what to tell whoever runs the tests without it
 */
export async function ensureHaproxy(env, signal, moreFolders = SYSTEM_FOLDERS) {
  if (findHaproxy(env, moreFolders) !== undefined) return undefined;
  const obstacle = await installPackage(NAME, env, signal);
  if (obstacle === undefined) await disableService(NAME, env, signal);
  if (findHaproxy(env, moreFolders) !== undefined) return undefined;
  const advice = `There is no ${NAME} on the PATH (Debian: sudo apt-get install ${NAME}).`;
  return ['SKIPPED: the tests of deploy/proxy.', advice, ...(obstacle === undefined ? [] : [obstacle])].join(
    ' ',
  );
}
