import { StartFailure } from './start/failure.js';
import { runBuilt, runScript } from './start/run-script.js';

// Runs one of the operator's commands, built first if need be:
//   node scripts/operator.js forget --session <id>

/** @type {Readonly<Record<string, string>>} */
const COMMANDS = {
  forget: 'operator/forget',
  inspect: 'operator/inspect',
  'streams-ensure': 'operator/streams-ensure',
  schemas: 'documentation/write-schemas',
};

await runScript(async ([command = '', ...args], signal) => {
  const path = COMMANDS[command];
  if (path === undefined) throw new StartFailure(`Commands: ${Object.keys(COMMANDS).join(', ')}`);
  return runBuilt(`shared/${path}.js`, args, signal);
});
