import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { shardedConf } from './nats/sharded-conf.js';
import { runScript } from './start/run-script.js';
import { readSettings } from './start/settings.js';

// Prints the production configuration of the broker for sessions in STREAM_SHARDS streams:
//   STREAM_SHARDS=4 npm run --silent nats:conf > deploy/nats/nats-sharded.conf

const ROOT = resolve(import.meta.dirname, '..');

await runScript(() => {
  const { streamShards } = readSettings(process.env, ROOT);
  const conf = readFileSync(resolve(ROOT, 'deploy/nats/nats.conf'), 'utf8');
  process.stdout.write(shardedConf(conf, streamShards));
  return Promise.resolve(0);
});
