import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, StartFailure, Stopped } from './failure.js';
import { field } from './json.js';

const ANSWER_TIMEOUT_MS = 2000;
const RETRY_MS = 25;
const DEFAULT_PORT = 4222;
const OLDEST = [2, 9];

/**
 * @typedef {object} BrokerGreeting
 * @property {boolean} jetstream
 * @property {boolean} clustered another server of the cluster may have the JetStream that this one lacks
 * @property {string} version
 * @property {string} name
 */

/**
 * @param {string} line
 * @returns {BrokerGreeting | undefined}
 */
function parseGreeting(line) {
  if (!line.startsWith('INFO ')) return undefined;
  /** @type {unknown} */
  const info = JSON.parse(line.slice('INFO '.length));
  const version = field(info, 'version');
  const name = field(info, 'server_name');
  return {
    jetstream: field(info, 'jetstream') === true,
    clustered: typeof field(info, 'cluster') === 'string',
    version: typeof version === 'string' ? version : '0.0.0',
    name: typeof name === 'string' ? name : '',
  };
}

/**
 * A NATS server greets whoever connects with one line about itself, before any login.
 *
 * @param {string} host
 * @param {number} port
 * @returns {Promise<BrokerGreeting>} rejects when nothing listens there or it is no NATS server
 */
function readGreeting(host, port) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port });
    let text = '';
    const end = (/** @type {Error} */ error) => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(new Error('no greeting of a NATS server')));
    socket.once('error', end);
    socket.once('close', () => end(new Error('no greeting of a NATS server')));
    socket.on('data', (/** @type {string} */ chunk) => {
      text += chunk;
      const [line, more] = text.split('\r\n', 2);
      if (line === undefined || more === undefined) return;
      try {
        const greeting = parseGreeting(line);
        if (greeting === undefined) throw new Error('no greeting of a NATS server');
        resolve(greeting);
        socket.destroy();
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

/**
 * @param {BrokerGreeting} greeting
 * @param {string} where the setting and its value, for the message
 */
function assertUsable({ jetstream, clustered, version }, where) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new StartFailure(
      `${where}: nats-server ${version} is too old, ${OLDEST.join('.')} or newer is needed.`,
    );
  }
  if (!jetstream && !clustered) {
    throw new StartFailure(`${where}: this broker has no JetStream, start it with "nats-server -js".`);
  }
}

/**
 * @param {string} natsUrl one address or several, separated by commas
 * @returns {{ host: string, port: number }[]} those that greet; a WebSocket address does not
 */
function addresses(natsUrl) {
  return natsUrl
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^wss?:/i.test(part))
    .flatMap((part) => {
      const address = part.includes('://') ? part : `nats://${part}`;
      if (!URL.canParse(address)) return [];
      const url = new URL(address);
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return [{ host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) }];
    });
}

/**
 * Waits until one of the brokers answers, and checks that it is one to work with.
 *
 * @param {{ natsUrl: string, setting: string, timeoutMs: number, advice: string, name?: string }} broker
 *   with a `name`, only the broker of that name counts as an answer
 * @param {AbortSignal} signal
 * @throws {StartFailure} when none answers in time, or the one that does is too old or without JetStream
 */
export async function waitForBroker({ natsUrl, setting, timeoutMs, advice, name }, signal) {
  const targets = addresses(natsUrl);
  const deadlineMs = Date.now() + timeoutMs;
  for (let attempt = 0; targets.length > 0; attempt += 1) {
    if (signal.aborted) throw new Stopped();
    const { host, port } = targets[attempt % targets.length] ?? { host: '', port: 0 };
    try {
      const greeting = await readGreeting(host, port);
      if (name !== undefined && greeting.name !== name) throw new Error('another broker answers');
      assertUsable(greeting, `${setting} ${host}:${port}`);
      return;
    } catch (error) {
      if (error instanceof StartFailure) throw error;
      if (Date.now() > deadlineMs) {
        throw new StartFailure(`${setting} ${host}:${port}: no broker answers (${codeOf(error)}). ${advice}`);
      }
    }
    await sleep(RETRY_MS);
  }
}
