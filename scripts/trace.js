import { assertNodeVersion } from './start/node-version.js';

// Nothing else is loaded before this line: on an old Node the rest might not even parse.
assertNodeVersion();
const { main } = await import('./trace/main.js');
await main(process.argv.slice(2), process.env);
