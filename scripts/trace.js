import { assertNodeVersion } from './start/node-version.js';

// Nothing else is loaded before this line: on an old Node the rest might not even parse.
assertNodeVersion();
const { runScript } = await import('./start/run-script.js');
const { main } = await import('./trace/main.js');
await runScript(main);
