import { channelIdOf } from './subjects.ts';

/** A stream that keeps sessions: the only one, or one of several that share them. */
export type SessionStream = 'SESSIONS' | `SESSIONS_${number}`;

/** Far above the servers of any cluster, which the leaders of the streams are spread over. */
export const MAX_STREAM_SHARDS = 64;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** `shard.<k>.` before a subject: where the broker's mapping puts it, and what it is stored under. */
const STORED = /^shard\.\d+\./;
const ROOT = 'shard.';
const STREAM_PREFIX = 'SESSIONS_';

/**
 * How sessions are spread over streams (`STREAM_SHARDS`). All of a session is in one of them: a cursor is a
 * position in one stream. Subjects keep their names everywhere but in the streams: publishers say
 * `session.<id>.…`, the broker's mapping makes `shard.<k>.session.<id>.…` of it, and republishes that as
 * `live.session.<id>.…`. With one stream nothing of this happens.
 */
export class SessionShards {
  readonly count: number;
  readonly streams: readonly SessionStream[];
  /** A stream that is there only where the sessions are kept in another number of streams. */
  readonly foreign: SessionStream;

  /** `count` is what `STREAM_SHARDS` says. */
  constructor(count: number) {
    this.count = count;
    this.streams =
      count === 1 ? ['SESSIONS'] : Array.from({ length: count }, (_, index) => `SESSIONS_${index}` as const);
    this.foreign = count === 1 ? 'SESSIONS_0' : 'SESSIONS';
  }

  /** The stream that keeps everything of a session. */
  streamOf(sessionId: string): SessionStream {
    return this.count === 1 ? 'SESSIONS' : `SESSIONS_${partition(sessionId, this.count)}`;
  }

  /** The stream that keeps a subject of a session. Called for every chunk that is stored. */
  streamBehind(subject: string): SessionStream {
    return this.count === 1 ? 'SESSIONS' : this.streamOf(channelIdOf(subject) ?? '');
  }

  /** What a stream of sessions says of itself, so that nobody takes a shard of four for one of two. */
  description(stream: SessionStream): string | undefined {
    const index = this.streams.indexOf(stream);
    return this.count === 1 ? undefined : `sessions, shard ${index} of ${this.count}`;
  }
}

/** FNV-1a over the bytes, as the broker's `partition()` computes it for one token. */
export function partition(token: string, count: number): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < token.length; index += 1) {
    // Identifiers are ASCII: a character is a byte.
    hash = Math.imul(hash ^ token.charCodeAt(index), FNV_PRIME);
  }
  return (hash >>> 0) % count;
}

/**
 * Ids of sessions that tell a broker that spreads sessions over this many streams from one that spreads them
 * over any other number, up to far more than anybody has, and that are in all of its streams.
 */
export function probesOf({ count, streams }: SessionShards): readonly string[] {
  // With one stream there is no mapping, and any would lead elsewhere.
  if (count === 1) return ['probe-0'];
  const others = Array.from({ length: 4 * MAX_STREAM_SHARDS }, (_, index) => index + 1);
  let undecided = others.filter((other) => other !== count);
  const missing = new Set(streams.keys());
  const probes: string[] = [];
  for (let index = 0; undecided.length > 0 || missing.size > 0; index += 1) {
    const id = `probe-${index}`;
    const shard = partition(id, count);
    const left = undecided.filter((other) => partition(id, other) === shard);
    if (missing.delete(shard) || left.length < undecided.length) probes.push(id);
    undecided = left;
  }
  return probes;
}

/** What a subject, or a filter, of a stream is called in the stream. */
export function storedIn(stream: string, subject: string): string {
  return stream.startsWith(STREAM_PREFIX)
    ? `${ROOT}${stream.slice(STREAM_PREFIX.length)}.${subject}`
    : subject;
}

/** The subject behind a stored one. */
export function unsharded(stored: string): string {
  return stored.startsWith(ROOT) ? stored.replace(STORED, '') : stored;
}

/** The rule that every account needs in which sessions are published: in the broker's configuration. */
export function mappingOf(count: number): string {
  return `"session.*.>": "shard.{{partition(${count},1)}}.session.{{wildcard(1)}}.>"`;
}
