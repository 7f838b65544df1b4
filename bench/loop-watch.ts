/** Loaded before a server: answers how long its event loop stood still at most since it was last asked, ms. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on('message', () => {
  process.send?.({ blockedMs: Math.max(0, delay.max / NS_PER_MS - RESOLUTION_MS) });
  delay.reset();
});
