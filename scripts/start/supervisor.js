import { once } from 'node:events';
import { Part } from './part.js';

/** @typedef {import('./part.js').PartDefinition} PartDefinition */

const START_STAGES = /** @type {const} */ ([['broker'], ['worker'], ['gateway', 'demo']]);

/**
 * Beyond DRAIN_SECONDS, counted from the signal: who still runs then is killed. A gateway sends its sockets
 * away first, a worker hands its chats over through the broker, and the broker goes last.
 */
const STOP_STAGES = /** @type {const} */ ([
  { role: 'demo', extraMs: 1500 },
  { role: 'gateway', extraMs: 2500 },
  { role: 'worker', extraMs: 3500 },
  { role: 'broker', extraMs: 4500 },
]);

/**
 * Starts the parts, keeps them running until `signal` aborts, then stops them in order. Nothing runs any
 * more when it returns or throws.
 *
 * @param {readonly PartDefinition[]} definitions
 * @param {{
 *   signal: AbortSignal,
 *   drainMs: number,
 *   noteStarted: (name: string, pid: number) => void,
 *   onReady: () => void,
 * }} options `onReady` is called once, when every part has become ready
 * @throws {import('./failure.js').StartFailure} when a part ends before it was ready
 */
export async function supervise(definitions, { signal, drainMs, noteStarted, onReady }) {
  if (signal.aborted) return;
  const parts = definitions.map((definition) => new Part(definition, noteStarted));
  const aborted = once(signal, 'abort');
  try {
    const ready = startInOrder(parts).then(() => {
      if (!signal.aborted) onReady();
    });
    await Promise.race([ready, aborted]);
    await aborted;
  } finally {
    await stopInOrder(parts, Date.now() + drainMs);
  }
}

/**
 * One after the other: the services need the broker, a gateway that listens needs a worker, and what is wrong
 * with a setting that several read is said once. Only further gateways start side by side.
 *
 * @param {readonly Part[]} parts
 */
async function startInOrder(parts) {
  for (const roles of START_STAGES) {
    await Promise.all(roles.map((role) => startRole(parts.filter((part) => part.role === role))));
  }
}

/** @param {readonly Part[]} parts */
async function startRole([first, ...others]) {
  await first?.start();
  await Promise.all(others.map((part) => part.start()));
}

/**
 * @param {readonly Part[]} parts
 * @param {number} drainedMs milliseconds since the epoch
 */
async function stopInOrder(parts, drainedMs) {
  for (const { role, extraMs } of STOP_STAGES) {
    const stage = parts.filter((part) => part.role === role);
    await Promise.all(stage.map((part) => part.stop(drainedMs + extraMs)));
  }
}
