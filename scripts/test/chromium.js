import { StartFailure } from '../start/failure.js';
import { findProgram, installPackage } from '../start/system-package.js';

const PACKAGE = 'chromium';
/** As the systems call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin'];

const WAYS = `There is no Chromium on the PATH, and the tests of the page need one. Either of these helps:
  Debian           sudo apt-get install ${PACKAGE}
  elsewhere        Chromium or Chrome, as one of: ${NAMES.join(', ')}`;

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [moreFolders] to look in after the PATH
 * @returns {string | undefined} the path of a Chromium that can be run
 */
export function findChromium(env, moreFolders = FOLDERS) {
  for (const name of NAMES) {
    const found = findProgram(name, env, moreFolders);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @param {readonly string[]} [moreFolders]
 * @returns {Promise<string>} the path of a Chromium that can be run, installed if need be
 */
export async function ensureChromium(env, signal, moreFolders = FOLDERS) {
  const found = findChromium(env, moreFolders);
  if (found !== undefined) return found;
  const obstacle = await installPackage(PACKAGE, env, signal);
  const installed = findChromium(env, moreFolders);
  if (installed !== undefined) return installed;
  throw new StartFailure(obstacle === undefined ? WAYS : `${WAYS}\n${obstacle}`);
}

/** What Chromium is started with: nothing of its own goes out, and no profile but a new one. */
export const CHROMIUM_ARGUMENTS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  // Its sandbox refuses root, who is who runs tests in containers.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
