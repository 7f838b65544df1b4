import { once } from 'node:events';
import { createServer } from 'node:net';
import { codeOf, StartFailure } from './failure.js';

/**
 * @typedef {object} WantedPort
 * @property {string} setting the variable that names the port
 * @property {string} host
 * @property {number} port
 * @property {string} [hint] what else helps when it is taken
 */

/**
 * @param {WantedPort} wanted
 * @param {string} code
 */
function explain({ setting, host, port, hint }, code) {
  if (code === 'EADDRINUSE') {
    return `${setting} ${port} is in use already: set ${setting} to a free port${hint === undefined ? '' : `, or ${hint}`}.`;
  }
  if (code === 'EACCES') return `${setting} ${port} may not be used: ports below 1024 take more rights.`;
  return `${setting} ${port} can't be used on ${host}: ${code}.`;
}

/**
 * Tries each port once, so that a taken one is told in one line before anything is started.
 *
 * @param {readonly WantedPort[]} wanted
 * @throws {StartFailure} for the first that can't be used
 */
export async function assertPortsFree(wanted) {
  /** @type {Map<number, string>} */
  const settings = new Map();
  for (const each of wanted) {
    const other = settings.get(each.port);
    if (other !== undefined) throw new StartFailure(`${other} and ${each.setting} are both ${each.port}.`);
    settings.set(each.port, each.setting);
    const server = createServer();
    try {
      server.listen(each.port, each.host);
      await once(server, 'listening');
    } catch (error) {
      throw new StartFailure(explain(each, codeOf(error)));
    }
    server.close();
    await once(server, 'close');
  }
}
