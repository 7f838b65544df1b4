import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './run-command.js';

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {string | undefined} the path of the program
 */
export function findProgram(name, env, moreFolders = []) {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...moreFolders];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        // Not there or not ours to run: the next folder may have it.
        return false;
      }
    });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<readonly string[] | undefined>} what stands before a command to run it as root
 */
async function rootPrefix(env, signal) {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo', env);
  if (sudo === undefined) return undefined;
  const { code } = await runCommand(sudo, ['-n', 'true'], { signal, env });
  return code === 0 ? [sudo, '-n'] : undefined;
}

/**
 * @param {readonly string[]} words the command
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<{ code: number, output: string } | undefined>} undefined when this user may not
 */
async function runAsRoot(words, env, signal) {
  const prefix = await rootPrefix(env, signal);
  if (prefix === undefined) return undefined;
  const [command = '', ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...words];
  return runCommand(command, args, { signal, env });
}

/**
 * Installs a package from the system's own repositories, where that can be done without asking anybody.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why it could not be installed
 */
export async function installPackage(name, env, signal) {
  if (findProgram('apt-get', env) === undefined) return 'This system has no apt-get.';
  if ((await rootPrefix(env, signal)) === undefined)
    return 'Installing it takes root or a sudo without password.';
  console.error(`Installing ${name} from the system's packages ...`);
  // An update that fails may still leave lists good enough to install from.
  await runAsRoot(['apt-get', 'update'], env, signal);
  const installed = await runAsRoot(
    ['apt-get', 'install', '-y', '--no-install-recommends', name],
    env,
    signal,
  );
  if (installed?.code === 0) return undefined;
  return `apt-get install ${name} failed: ${installed?.output.trim().split('\n').at(-1) ?? ''}`;
}

/**
 * Stops what a package has started when it was installed: the service that comes with it would hold its port.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 */
export async function disableService(name, env, signal) {
  if (existsSync('/run/systemd/system')) {
    await runAsRoot(['systemctl', 'disable', '--now', name], env, signal);
  }
}
