import { sessionMapping } from './session-mapping.js';

/** Where the account that stores everything begins to say what it is. */
const ACCOUNT = /^( *)jetstream: enabled$/m;
/** A permission to ask JetStream for something of the stream of sessions. */
const STREAM_PERMISSION = /^ *"\$JS\.[^"]*\.SESSIONS[".].*\n/gm;
/** A permission to publish what that stream stores. Not in the doors of publishers: their names stay. */
const EVENT_PERMISSION = /^( *)"(session\.\*\.(?:chat|cancel)\.\*)"\n/gm;

/**
 * `deploy/nats/nats.conf` for sessions in several streams: the mapping, and each permission that names the one
 * stream for each of them. What the broker maps it checks under its new name, newer servers perhaps under the
 * old one: both are allowed to whom the one was.
 *
 * @param {string} conf
 * @param {number} shards
 * @returns {string}
 */
export function shardedConf(conf, shards) {
  if (shards === 1) return conf;
  for (const part of [ACCOUNT, STREAM_PERMISSION, EVENT_PERMISSION]) {
    if (conf.search(part) < 0) throw new Error(`nowhere in the configuration: ${part.source}`);
  }
  const indexes = Array.from({ length: shards }, (_, index) => index);
  return conf
    .replace(ACCOUNT, (line, indent) => `${line}\n${indent}${sessionMapping(shards)}`)
    .replace(STREAM_PERMISSION, (line) =>
      indexes.map((index) => line.replace('.SESSIONS', `.SESSIONS_${index}`)).join(''),
    )
    .replace(EVENT_PERMISSION, (line, indent, subject) => `${line}${indent}"shard.*.${subject}"\n`);
}
