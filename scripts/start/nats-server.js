import { StartFailure } from './failure.js';
import { disableService, findProgram, installPackage } from './system-package.js';

const NAME = 'nats-server';

/** Debian installs it where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

const WAYS = `There is no ${NAME} on the PATH. Any one of these helps:
  Debian, Ubuntu   sudo apt-get install ${NAME}
  macOS            brew install ${NAME}
  a container      docker run -p 127.0.0.1:4222:4222 nats:2.12 -js, then NATS_URL=nats://127.0.0.1:4222 npm start
  a broker that runs already, with JetStream   NATS_URL=nats://<host>:4222 npm start`;

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {Promise<string>} the path of a nats-server that can be run
 */
export async function ensureNatsServer(env, signal, moreFolders = SYSTEM_FOLDERS) {
  const found = findProgram(NAME, env, moreFolders);
  if (found !== undefined) return found;
  const obstacle = await installPackage(NAME, env, signal);
  // The service that comes with it would hold the broker's port, and without JetStream.
  if (obstacle === undefined) await disableService(NAME, env, signal);
  const installed = findProgram(NAME, env, moreFolders);
  if (installed !== undefined) return installed;
  throw new StartFailure(obstacle === undefined ? WAYS : `${WAYS}\n${obstacle}`);
}
