import { resolve } from 'node:path';
import { waitForBroker } from './broker-probe.js';
import { ensureBuild } from './build.js';
import { assertWritable } from './data-folder.js';
import { ensureDependencies } from './dependencies.js';
import { StartFailure, Stopped } from './failure.js';
import { ensureNatsServer } from './nats-server.js';
import { brokerPart, demoPart, gatewayParts, ownBrokerUrl, workerPart } from './parts.js';
import { assertPortsFree } from './ports.js';
import { killAllGroups } from './process-groups.js';
import { RunRecord } from './run-record.js';
import { readSettings } from './settings.js';
import { stopSignal } from './stop-signal.js';
import { supervise } from './supervisor.js';

/**
 * @typedef {import('./part.js').PartDefinition} PartDefinition
 * @typedef {import('./settings.js').Settings} Settings
 * @typedef {PartDefinition['role']} Role
 */

const ROOT = resolve(import.meta.dirname, '../..');
const BROKER_WAIT_MS = 5000;

/**
 * @param {readonly string[]} args
 * @param {Settings} settings
 * @returns {ReadonlySet<Role>} what this start runs
 */
function wantedRoles([role], { natsUrl, isProduction }) {
  if (role === 'broker' || role === 'gateway' || role === 'worker') return new Set([role]);
  if (role !== undefined)
    throw new StartFailure(`"${role}" is no part: broker, gateway or worker, or none for all.`);
  /** @type {Role[]} */
  const roles = ['worker', 'gateway'];
  if (natsUrl === undefined) roles.push('broker');
  if (!isProduction) roles.push('demo');
  return new Set(roles);
}

/**
 * @param {ReadonlySet<Role>} roles
 * @param {Settings} settings
 */
function wantedPorts(roles, settings) {
  const { host, port, adminHost, gatewayAdminPorts, workerAdminPort, natsPort } = settings;
  const gateway = [
    // Gateways may share PORT: one that is started alone may find another there, which is no mistake.
    ...(roles.size > 1 ? [{ setting: 'PORT', host, port }] : []),
    ...gatewayAdminPorts.map((each) => ({ setting: 'ADMIN_PORT', host: adminHost, port: each })),
  ];
  const worker = [{ setting: 'WORKER_ADMIN_PORT', host: adminHost, port: workerAdminPort }];
  const hint = `NATS_URL=${ownBrokerUrl(settings)} to use the broker there`;
  const broker = [{ setting: 'NATS_PORT', host: '127.0.0.1', port: natsPort, hint }];
  return [
    ...(roles.has('gateway') ? gateway : []),
    ...(roles.has('worker') ? worker : []),
    ...(roles.has('broker') ? broker : []),
  ];
}

/**
 * Takes the folder for this start, and ends what an earlier start that was killed has left running there.
 *
 * @param {Settings} settings
 * @param {readonly import('./ports.js').WantedPort[]} ports
 */
async function claimDataFolder({ dataFolder }, ports) {
  assertWritable(dataFolder);
  const record = new RunRecord(dataFolder);
  const otherPid = record.runningPid();
  if (otherPid === undefined) await record.stopOrphans();
  await assertPortsFree(ports);
  if (otherPid !== undefined) {
    throw new StartFailure(`DATA_DIR ${dataFolder} is in use already, by the start with pid ${otherPid}.`);
  }
  return record;
}

/**
 * @param {ReadonlySet<Role>} roles
 * @param {Settings} settings
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 * @returns {Promise<PartDefinition[]>}
 */
async function prepareParts(roles, settings, { env, signal }) {
  await ensureDependencies(ROOT, signal);
  const runtime = { root: ROOT, env };
  /** @type {PartDefinition[]} */
  const parts = [];
  if (roles.has('broker')) {
    parts.push(brokerPart(settings, { natsServer: await ensureNatsServer(env, signal), env }));
  } else {
    const natsUrl = settings.natsUrl ?? ownBrokerUrl(settings);
    const setting = settings.natsUrl === undefined ? 'NATS_PORT' : 'NATS_URL';
    const advice = 'Start one with "npm run start:broker", or set NATS_URL to one that runs.';
    await waitForBroker({ natsUrl, setting, timeoutMs: BROKER_WAIT_MS, advice }, signal);
  }
  if (roles.has('worker')) parts.push(workerPart(settings, runtime));
  if (roles.has('gateway')) parts.push(...gatewayParts(settings, runtime));
  if (roles.has('demo')) parts.push(demoPart(settings, runtime));
  if (parts.some((part) => part.role !== 'broker')) await ensureBuild(ROOT, signal);
  return parts;
}

/**
 * @param {ReadonlySet<Role>} roles
 * @param {Settings} settings
 */
function readyLine(roles, settings) {
  const broker = roles.has('broker')
    ? `broker for development on ${ownBrokerUrl(settings)}, without a password`
    : undefined;
  if (roles.has('gateway')) {
    const host = ['0.0.0.0', '::'].includes(settings.host) ? 'localhost' : settings.host;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`;
    return `Ready on ${url}${broker === undefined ? '' : ` (${broker})`}`;
  }
  return broker === undefined ? 'Ready: worker' : `Ready: ${broker}`;
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 */
async function start(args, env, signal) {
  const settings = readSettings(env, ROOT);
  const roles = wantedRoles(args, settings);
  const ports = wantedPorts(roles, settings);
  const record = roles.has('broker') ? await claimDataFolder(settings, ports) : undefined;
  if (record === undefined) await assertPortsFree(ports);
  const parts = await prepareParts(roles, settings, { env, signal });
  try {
    await supervise(parts, {
      signal,
      drainMs: settings.drainMs,
      noteStarted: (name, pid) => record?.note(name, pid),
      onReady: () => console.log(readyLine(roles, settings)),
    });
  } finally {
    record?.remove();
  }
}

/**
 * Runs the whole system, or the one part named in `args`, until it is told to stop. Ends the process.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export async function main(args, env) {
  process.on('exit', killAllGroups);
  const signal = stopSignal();
  try {
    await start(args, env, signal);
    process.exit(0);
  } catch (error) {
    if (error instanceof Stopped) process.exit(0);
    if (!(error instanceof StartFailure)) console.error(error);
    else if (error.message !== '') console.error(error.message);
    process.exit(1);
  }
}
