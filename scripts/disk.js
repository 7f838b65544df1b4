import { runScript } from './start/run-script.js';
import { main } from './disk/main.js';

// What chats take on disk, and what that makes of a day's:
//   npm run disk -- [--chats-per-day 100000] [--retention-hours 24] [--replicas 3]

await runScript(main);
