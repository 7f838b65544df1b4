import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartFailure } from './failure.js';
import { runCommand } from './run-command.js';

const NAME = 'nats-server';

/** Debian installs it where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

const WAYS = `There is no ${NAME} on the PATH. Any one of these helps:
  Debian, Ubuntu   sudo apt-get install ${NAME}
  macOS            brew install ${NAME}
  a container      docker run -p 127.0.0.1:4222:4222 nats:2.12 -js, then NATS_URL=nats://127.0.0.1:4222 npm start
  a broker that runs already, with JetStream   NATS_URL=nats://<host>:4222 npm start`;

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {string | undefined} the path of the program
 */
function findProgram(name, env, moreFolders = []) {
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
 * Installs the package, without the service that comes with it: it would hold the broker's port, and
 * without JetStream.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why it could not be installed
 */
async function installPackage(env, signal) {
  if (findProgram('apt-get', env) === undefined) return 'This system has no apt-get.';
  const prefix = await rootPrefix(env, signal);
  if (prefix === undefined) return 'Installing it takes root or a sudo without password.';
  const asRoot = async (/** @type {readonly string[]} */ ...words) => {
    const [command = '', ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...words];
    return runCommand(command, args, { signal, env });
  };
  console.error(`Installing ${NAME} from the system's packages ...`);
  // An update that fails may still leave lists good enough to install from.
  await asRoot('apt-get', 'update');
  const { code, output } = await asRoot('apt-get', 'install', '-y', '--no-install-recommends', NAME);
  if (code !== 0) return `apt-get install ${NAME} failed: ${output.trim().split('\n').at(-1) ?? ''}`;
  if (existsSync('/run/systemd/system')) await asRoot('systemctl', 'disable', '--now', NAME);
  return undefined;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {Promise<string>} the path of a nats-server that can be run
 */
export async function ensureNatsServer(env, signal, moreFolders = SYSTEM_FOLDERS) {
  const found = findProgram(NAME, env, moreFolders);
  if (found !== undefined) return found;
  const obstacle = await installPackage(env, signal);
  const installed = findProgram(NAME, env, moreFolders);
  if (installed !== undefined) return installed;
  throw new StartFailure(obstacle === undefined ? WAYS : `${WAYS}\n${obstacle}`);
}
