import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sessionMapping } from '../nats/session-mapping.js';
import { waitForBroker } from './broker-probe.js';

/**
 * @typedef {import('./part.js').PartDefinition} PartDefinition
 * @typedef {import('./settings.js').Settings} Settings
 */

const LOG_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

/** @param {Settings} settings */
export function ownBrokerUrl(settings) {
  return `nats://127.0.0.1:${settings.natsPort}`;
}

/**
 * A broker for this machine only: on loopback and without a password.
 *
 * @param {Settings} settings
 * @param {{ natsServer: string, env: NodeJS.ProcessEnv }} runtime
 * @returns {PartDefinition}
 */
export function brokerPart(settings, { natsServer, env }) {
  const { dataFolder, natsPort, streamShards } = settings;
  const log = join(dataFolder, 'nats-server.log');
  // So that the answer of another broker that got hold of the port is not taken for this one's.
  const name = `npm-start-${process.pid}`;
  const listen = ['--server_name', name, '--addr', '127.0.0.1', '--port', String(natsPort)];
  const store = ['--jetstream', '--store_dir', dataFolder, ...mappingArgs(dataFolder, streamShards)];
  const logging = ['--log', log, '--log_size_limit', String(LOG_SIZE_LIMIT_BYTES)];
  const natsUrl = ownBrokerUrl(settings);
  const broker = { natsUrl, setting: 'NATS_PORT', timeoutMs: Infinity, advice: '', name };
  return {
    name: 'broker',
    role: 'broker',
    command: natsServer,
    args: [...listen, ...store, ...logging],
    env,
    cwd: dataFolder,
    waitUntilReady: (signal) => waitForBroker(broker, signal),
    explanation: `see ${log}`,
  };
}

/**
 * What the command line has no word for is in a file: how sessions are spread over streams.
 *
 * @param {string} dataFolder
 * @param {number} streamShards
 */
function mappingArgs(dataFolder, streamShards) {
  if (streamShards === 1) return [];
  const path = join(dataFolder, 'nats-server.conf');
  writeFileSync(path, `${sessionMapping(streamShards)}\n`);
  return ['--config', path];
}

/**
 * @param {Settings} settings
 * @param {{ root: string, env: NodeJS.ProcessEnv }} runtime
 * @returns {PartDefinition}
 */
export function workerPart(settings, { root, env }) {
  return {
    ...servicePart('chat-worker', root),
    name: 'worker',
    role: 'worker',
    env: { ...env, NATS_URL: settings.natsUrl ?? ownBrokerUrl(settings) },
  };
}

/**
 * @param {Settings} settings
 * @param {{ root: string, env: NodeJS.ProcessEnv }} runtime
 * @returns {PartDefinition[]} one for each of GATEWAY_PROCESSES; they share PORT
 */
export function gatewayParts(settings, { root, env }) {
  return settings.gatewayAdminPorts.map((adminPort, index) => ({
    ...servicePart('gateway', root),
    name: settings.gatewayAdminPorts.length === 1 ? 'gateway' : `gateway ${index}`,
    role: 'gateway',
    env: {
      ...env,
      NATS_URL: settings.natsUrl ?? ownBrokerUrl(settings),
      ADMIN_PORT: String(adminPort),
    },
  }));
}

/**
 * Plays the demo investigation when the page asks for it. Only for development.
 *
 * @param {Settings} settings
 * @param {{ root: string, env: NodeJS.ProcessEnv }} runtime
 * @returns {PartDefinition}
 */
export function demoPart(settings, { root, env }) {
  return {
    name: 'demo',
    role: 'demo',
    command: process.execPath,
    args: [join(root, 'dist', 'demo', 'main.js')],
    env: { ...env, NATS_URL: settings.natsUrl ?? ownBrokerUrl(settings) },
    cwd: root,
    waitUntilReady: undefined,
    explanation: undefined,
  };
}

/**
 * Traces, metrics and logs are sent where `OTEL_*` says: this runs before the service.
 *
 * @param {string} root
 */
function telemetryOf(root) {
  return pathToFileURL(join(root, 'dist', 'shared', 'telemetry', 'start.js')).href;
}

/**
 * @param {string} folder
 * @param {string} root
 */
function servicePart(folder, root) {
  return {
    command: process.execPath,
    args: ['--import', telemetryOf(root), join(root, 'dist', folder, 'main.js')],
    cwd: root,
    waitUntilReady: undefined,
    explanation: undefined,
  };
}
