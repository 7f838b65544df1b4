/**
 * Loaded into a measured process: answers how much memory it keeps. The garbage is collected before, or the
 * answer would depend on when that last happened.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

process.on('message', (question) => {
  if (question !== 'memory') return;
  for (let time = 0; time < 3; time += 1) runInNewContext('gc()');
  process.send?.(process.memoryUsage.rss());
});
process.channel?.unref();
