import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { StartFailure, Stopped } from './failure.js';
import { field } from './json.js';
import { spawnGroup } from './process-groups.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** @returns {Promise<string>} a port nobody has */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = String(field(server.address(), 'port'));
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * What `npm start` runs, on ports of its own and with data of its own.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} dataFolder
 * @param {AbortSignal} signal stops it
 * @param {Readonly<Record<string, string>>} [settings] more of them
 * @returns {Promise<{ port: number, stop: () => Promise<void> }>}
 */
export async function startPrivateSystem(env, dataFolder, signal, settings = {}) {
  const port = await freePort();
  const own = {
    ...{ PORT: port, HOST: '127.0.0.1', ADMIN_PORT: await freePort(), WORKER_ADMIN_PORT: await freePort() },
    ...{ NATS_PORT: await freePort(), DATA_DIR: dataFolder, NODE_ENV: 'development', DRAIN_SECONDS: '0' },
  };
  const child = spawnGroup(process.execPath, [join(ROOT, 'scripts/start.js')], {
    cwd: ROOT,
    env: { ...env, ...own, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  if (child.stdout === null) throw new StartFailure('The system could not be started.');
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((/** @type {(isReady: boolean) => void} */ done) => {
    lines.on('line', (line) => {
      if (line.startsWith('Ready')) done(true);
    });
  });
  const isReady = await Promise.race([ready, ended.then(() => false)]);
  if (signal.aborted) throw new Stopped();
  if (!isReady) throw new StartFailure('The system did not start.');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { port: Number(port), stop };
}
