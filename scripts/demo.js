import { runBuilt, runScript } from './start/run-script.js';

// Plays the demo investigation once, as a plain publisher on the broker of NATS_URL:
//   node scripts/demo.js [--id <investigation>] [--seconds <n>]

await runScript((args, signal) => runBuilt('demo/play-once.js', args, signal));
