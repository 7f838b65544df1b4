import { storedIn, type SessionShards, type SessionStream } from './session-shards.ts';
import { subjects } from './subjects.ts';

/**
 * The JetStream streams as data: `ensureStreams` creates them from this page or checks that they are as
 * it says. Only what nats-server 2.9 has.
 */
export interface StreamDefinition {
  readonly name: StreamName;
  readonly subjects: readonly string[];
  readonly retention: 'workqueue' | 'limits';
  readonly maxAgeMs: number;
  /** -1 for no limit. */
  readonly maxBytes: number;
  /** -1 for no limit. */
  readonly maxMessages: number;
  readonly maxMessagesPerSubject: number;
  /** `new`: a full stream refuses, so that the writer learns of it; `old`: it trims at the head. */
  readonly discard: 'new' | 'old';
  readonly dedupeWindowMs: number;
  /** Whether followers may answer reads. Who may enter is never read from a follower. */
  readonly allowDirect: boolean;
  /** `<root>.>` is also republished as `live.<root>.>`: that is the live path. */
  readonly republishRoot: string | undefined;
  /** Set where sessions are kept in several streams: which of how many it is. */
  readonly description?: string | undefined;
}

/** With sessions in one stream; `streamNames` has those of several. */
export const STREAM_NAMES = [
  'CHAT_REQUESTS',
  'SESSIONS',
  'SESSION_STATE',
  'INVESTIGATIONS',
  'CONTROL',
] as const;
export type StreamFamily = (typeof STREAM_NAMES)[number];
export type StreamName = StreamFamily | SessionStream;

/** All that have to be there. */
export function streamNames(shards: SessionShards): readonly StreamName[] {
  return STREAM_NAMES.flatMap<StreamName>((name) => (name === 'SESSIONS' ? shards.streams : [name]));
}

/** What a stream is counted as: all that keep sessions are one. */
export function familyOf(stream: StreamName): StreamFamily {
  return isFamily(stream) ? stream : 'SESSIONS';
}

function isFamily(stream: StreamName): stream is StreamFamily {
  return STREAM_NAMES.some((name) => name === stream);
}

/** The one durable consumer of the work queue, shared by all workers. */
export const WORKER_CONSUMER = 'chat-worker';

const HOUR_MS = 3_600_000;

/** Session records outlive what they guard by this much. */
const STATE_OUTLIVES_HOURS = 48;

/** What most streams have in common. */
const COMMON = {
  retention: 'limits',
  maxBytes: -1,
  maxMessages: -1,
  maxMessagesPerSubject: -1,
  discard: 'old',
  dedupeWindowMs: 10_000,
  allowDirect: false,
} as const;

export interface StreamSettings {
  readonly retentionHours: number;
  readonly maxTokenLifetimeHours: number;
  /** Of each stream of sessions and of INVESTIGATIONS. */
  readonly streamMaxBytes: number;
  readonly queueMaxMessages: number;
  readonly shards: SessionShards;
}

export function streamDefinitions(settings: StreamSettings): readonly StreamDefinition[] {
  const retentionMs = settings.retentionHours * HOUR_MS;
  return [
    {
      ...COMMON,
      name: 'CHAT_REQUESTS',
      subjects: ['chat.request.*.*'],
      retention: 'workqueue',
      maxAgeMs: retentionMs,
      maxMessages: settings.queueMaxMessages,
      discard: 'new',
      republishRoot: undefined,
    },
    ...settings.shards.streams.map((stream) => sessionStream(stream, settings)),
    {
      ...COMMON,
      name: 'SESSION_STATE',
      subjects: ['state.session.*'],
      maxAgeMs: retentionMs + STATE_OUTLIVES_HOURS * HOUR_MS,
      maxMessagesPerSubject: 1,
      republishRoot: 'state',
    },
    { ...events('INVESTIGATIONS', 'investigation', settings), subjects: ['investigation.*.*'] },
    {
      ...COMMON,
      name: 'CONTROL',
      subjects: ['control.*'],
      maxAgeMs: (settings.maxTokenLifetimeHours + 1) * HOUR_MS,
      republishRoot: 'control',
    },
  ];
}

function sessionStream(stream: SessionStream, settings: StreamSettings): StreamDefinition {
  return {
    ...events(stream, 'session', settings),
    subjects: [storedIn(stream, subjects.anySessionChannel)],
    description: settings.shards.description(stream),
  };
}

/** What clients are shown: trimmed at the head, read directly, and the live path. */
function events(
  name: StreamName,
  root: string,
  { retentionHours, streamMaxBytes }: StreamSettings,
): Omit<StreamDefinition, 'subjects'> {
  return {
    ...COMMON,
    name,
    maxAgeMs: retentionHours * HOUR_MS,
    maxBytes: streamMaxBytes,
    allowDirect: true,
    republishRoot: root,
  };
}
