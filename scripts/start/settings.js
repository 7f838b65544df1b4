import { resolve } from 'node:path';
import { StartFailure } from './failure.js';

const PORT_MAX = 65_535;
const GATEWAY_PROCESSES_MAX = 64;
const DRAIN_SECONDS_MAX = 3600;
const STREAM_SHARDS_MAX = 64;

/** Processes of one gateway are this far apart: room for what else a machine may put next to an admin port. */
const ADMIN_PORT_STEP = 10;

/**
 * @typedef {object} Settings what of the environment this side of the parts needs; they check the rest themselves
 * @property {string} host
 * @property {number} port
 * @property {string} adminHost
 * @property {readonly number[]} gatewayAdminPorts one for each gateway process
 * @property {number} workerAdminPort
 * @property {string | undefined} natsUrl undefined: a broker of our own
 * @property {number} natsPort
 * @property {number} streamShards in how many streams sessions are kept
 * @property {string} dataFolder absolute
 * @property {number} drainMs
 * @property {boolean} isProduction
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @returns {string | undefined} undefined also for the empty string, which is how shells and containers unset
 */
function text(env, name) {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @param {{ fallback: number, min: number, max: number }} range
 * @returns {number}
 */
function integer(env, name, { fallback, min, max }) {
  const value = text(env, name);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new StartFailure(`${name} must be a whole number from ${min} to ${max}, it is "${value}".`);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @param {number} fallback
 */
function port(env, name, fallback) {
  return integer(env, name, { fallback, min: 1, max: PORT_MAX });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root the folder of the project: a relative DATA_DIR begins there
 * @returns {Settings}
 */
export function readSettings(env, root) {
  const processes = integer(env, 'GATEWAY_PROCESSES', { fallback: 1, min: 1, max: GATEWAY_PROCESSES_MAX });
  const adminPort = port(env, 'ADMIN_PORT', 9464);
  const lastAdminPort = adminPort + ADMIN_PORT_STEP * (processes - 1);
  if (lastAdminPort > PORT_MAX) {
    throw new StartFailure(`ADMIN_PORT ${adminPort} is too high for GATEWAY_PROCESSES ${processes}.`);
  }
  return {
    host: text(env, 'HOST') ?? '0.0.0.0',
    port: port(env, 'PORT', 8000),
    adminHost: text(env, 'ADMIN_HOST') ?? '127.0.0.1',
    gatewayAdminPorts: Array.from({ length: processes }, (_, index) => adminPort + ADMIN_PORT_STEP * index),
    workerAdminPort: port(env, 'WORKER_ADMIN_PORT', 9465),
    natsUrl: text(env, 'NATS_URL'),
    natsPort: port(env, 'NATS_PORT', 4222),
    streamShards: integer(env, 'STREAM_SHARDS', { fallback: 1, min: 1, max: STREAM_SHARDS_MAX }),
    dataFolder: resolve(root, text(env, 'DATA_DIR') ?? '.data'),
    drainMs: 1000 * integer(env, 'DRAIN_SECONDS', { fallback: 10, min: 0, max: DRAIN_SECONDS_MAX }),
    isProduction: text(env, 'NODE_ENV') === 'production',
  };
}
