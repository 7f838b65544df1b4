import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sessionMapping } from '../../../../scripts/nats/session-mapping.js';
import { shardedConf } from '../../../../scripts/nats/sharded-conf.js';

const CONF = readFileSync(join(import.meta.dirname, '../../../../deploy/nats/nats.conf'), 'utf8');
const linesOf = (conf: string): string[] => conf.split('\n').map((line) => line.trim());
const naming = (conf: string, part: RegExp): string[] => linesOf(conf).filter((line) => part.test(line));

it('leaves the configuration of one stream as it is', () => {
  expect(shardedConf(CONF, 1)).toBe(CONF);
});

it('allows of each stream what was allowed of the one, and nothing else', () => {
  const sharded = shardedConf(CONF, 3);
  const ofOne = naming(CONF, /^"\$JS.*\.SESSIONS[".]/);
  expect(ofOne.length).toBeGreaterThan(10);
  expect(naming(sharded, /^"\$JS.*\.SESSIONS/)).toEqual(
    ofOne.flatMap((line) => [0, 1, 2].map((index) => line.replace('.SESSIONS', `.SESSIONS_${index}`))),
  );
  const isOther = (line: string): boolean => !/\.SESSIONS|shard\./.test(line);
  expect(linesOf(sharded).filter(isOther)).toEqual(linesOf(CONF).filter(isOther));
});

it('has the mapping in the account that stores, and lets writers write what it makes of their subjects', () => {
  const sharded = shardedConf(CONF, 2);
  expect(naming(sharded, /shard\./)).toEqual([
    sessionMapping(2),
    '"shard.*.session.*.chat.*"',
    '"shard.*.session.*.cancel.*"',
    '"shard.*.session.*.chat.*"',
  ]);
  expect(sharded.indexOf(sessionMapping(2))).toBeLessThan(sharded.indexOf('user: gateway'));
});

it('says so when the configuration is another', () => {
  expect(() => shardedConf('listen: 4222', 2)).toThrow('nowhere in the configuration');
});
