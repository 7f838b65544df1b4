import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionMapping } from '../../../../scripts/nats/session-mapping.js';
import {
  mappingOf,
  MAX_STREAM_SHARDS,
  partition,
  probesOf,
  SessionShards,
  storedIn,
  unsharded,
} from '../../../../shared/bus-protocol/session-shards.ts';
import { familyOf, STREAM_NAMES, streamNames } from '../../../../shared/bus-protocol/streams.ts';
import { subjects } from '../../../../shared/bus-protocol/subjects.ts';
import { propertyOptions } from '../../../support/property-options.ts';

const identifier = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
const shardCount = fc.integer({ min: 1, max: MAX_STREAM_SHARDS });

describe('the hash of a session', () => {
  // Published values of FNV-1a with 32 bits; `test/e2e/stream-shards.test.ts` asks the broker.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foobar', 0xbf9cf968],
  ])('of "%s" is FNV-1a', (text, hash) => {
    expect(partition(text, 2 ** 32)).toBe(hash);
  });

  it('spreads sessions evenly', () => {
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 4_000; index += 1) {
      const shard = partition(`session-${index}`, counts.length);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(850);
  });
});

describe('the streams of sessions', () => {
  it('are one, with nothing different, as long as nobody wants several', () => {
    const one = new SessionShards(1);
    expect(one.streams).toEqual(['SESSIONS']);
    expect(streamNames(one)).toEqual(STREAM_NAMES);
    expect(one.description('SESSIONS')).toBeUndefined();
    fc.assert(
      fc.property(identifier, (id) => {
        expect(one.streamOf(id)).toBe('SESSIONS');
        expect(one.streamBehind(subjects.notification(id))).toBe('SESSIONS');
        expect(storedIn('SESSIONS', subjects.sessionChannel(id))).toBe(subjects.sessionChannel(id));
      }),
      propertyOptions(300),
    );
  });

  it('say which of how many they are, and which one tells of another number', () => {
    const three = new SessionShards(3);
    expect(three.streams).toEqual(['SESSIONS_0', 'SESSIONS_1', 'SESSIONS_2']);
    expect(three.description('SESSIONS_2')).toBe('sessions, shard 2 of 3');
    expect([three.foreign, new SessionShards(1).foreign]).toEqual(['SESSIONS', 'SESSIONS_0']);
    expect(streamNames(three)).toEqual([
      'CHAT_REQUESTS',
      'SESSIONS_0',
      'SESSIONS_1',
      'SESSIONS_2',
      'SESSION_STATE',
      'INVESTIGATIONS',
      'CONTROL',
    ]);
    expect(
      streamNames(three)
        .map(familyOf)
        .filter((name) => name === 'SESSIONS'),
    ).toHaveLength(3);
  });

  it('keep each session in one of them, always the same', () => {
    fc.assert(
      fc.property(identifier, shardCount, (id, count) => {
        const shards = new SessionShards(count);
        expect(shards.streams).toContain(shards.streamOf(id));
        expect(new SessionShards(count).streamOf(id)).toBe(shards.streamOf(id));
        expect(shards.streamBehind(subjects.notification(id))).toBe(shards.streamOf(id));
      }),
      propertyOptions(300),
    );
  });
});

describe('probes of the broker’s mapping', () => {
  it.each([2, 3, 8, 64])('of %i streams come to all of them, and tell every other number', (count) => {
    const shards = new SessionShards(count);
    const probes = probesOf(shards);
    expect(new Set(probes.map((id) => shards.streamOf(id)))).toEqual(new Set(shards.streams));
    for (let other = 1; other <= 256; other += 1) {
      const isSame = probes.every((id) => partition(id, other) === partition(id, count));
      expect(isSame, String(other)).toBe(other === count);
    }
    expect(probes.length).toBeLessThan(count + 16);
  });
});

describe('stored subjects', () => {
  it('lead back to the subject everybody knows, in every stream', () => {
    fc.assert(
      fc.property(identifier, identifier, shardCount, (session, request, count) => {
        const shards = new SessionShards(count);
        const stream = shards.streamOf(session);
        for (const subject of [subjects.chatLog(session, request), subjects.notification(session)]) {
          const stored = storedIn(stream, subject);
          expect(stored === subject).toBe(count === 1);
          expect(unsharded(stored)).toBe(subject);
        }
      }),
      propertyOptions(300),
    );
  });

  it('are those of the mapping, and others are left alone', () => {
    expect(storedIn('SESSIONS_11', 'session.s.notification')).toBe('shard.11.session.s.notification');
    expect(storedIn('SESSION_STATE', 'state.session.s')).toBe('state.session.s');
    for (const subject of ['state.session.shard', 'shard.x.session.s', 'sharded.1.session.s']) {
      expect(unsharded(subject)).toBe(subject);
    }
  });

  it('come of one rule, which start scripts and services have alike', () => {
    expect(sessionMapping(5)).toBe(`mappings: { ${mappingOf(5)} }`);
  });
});
