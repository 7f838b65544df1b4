/**
 * The real worker with an agent that says a piece every so often, as a model does. A piece is the moment it
 * was said at, by the clock of the machine.
 *
 *   node paced-worker.js <pause between pieces, ms> <pieces of an answer>
 */
import type { Agent } from '../chat-worker/agents/agent.ts';
import { readWorkerConfig } from '../chat-worker/config.ts';
import { startWorker } from '../chat-worker/worker.ts';
import { paced } from './pace.ts';

const [pauseMs = 20, pieces = 500] = process.argv.slice(2).map(Number);

const agent: Agent = {
  route: () => ({ id: 'zumbi', name: 'Zumbi dos Palmares' }),
  answer: async function* () {
    for await (const moment of paced(pauseMs, pieces)) yield `${moment.toFixed(3)} `;
  },
};
await startWorker(readWorkerConfig(process.env), { agent });
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
