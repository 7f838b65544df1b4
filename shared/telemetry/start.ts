import { basename, dirname } from 'node:path';
import { startSdk } from './sdk.ts';

/**
 * For `node --import`, before a service. The service is named after its folder: `dist/gateway/main.js`,
 * `dist/chat-worker/main.js`.
 */
const [, main = ''] = process.argv;
await startSdk(basename(dirname(main)), process.env);
