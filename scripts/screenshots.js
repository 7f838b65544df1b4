import { assertNodeVersion } from './start/node-version.js';

// Nothing else is loaded before this line: on an old Node the rest might not even parse.
assertNodeVersion();
const { main } = await import('./screenshots/main.js');
await main(process.env);
