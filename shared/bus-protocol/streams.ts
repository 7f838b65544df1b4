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
}

export type StreamName = 'CHAT_REQUESTS' | 'SESSIONS' | 'SESSION_STATE' | 'INVESTIGATIONS' | 'CONTROL';

/** The one durable consumer of the work queue, shared by all workers. */
export const WORKER_CONSUMER = 'chat-worker';

const HOUR_MS = 3_600_000;

export function streamDefinitions(settings: {
  retentionHours: number;
  maxTokenLifetimeHours: number;
  streamMaxBytes: number;
  queueMaxMessages: number;
}): readonly StreamDefinition[] {
  const retentionMs = settings.retentionHours * HOUR_MS;
  const common = {
    retention: 'limits',
    maxMessages: -1,
    maxMessagesPerSubject: -1,
    discard: 'old',
    dedupeWindowMs: 10_000,
  } as const;
  return [
    {
      ...common,
      name: 'CHAT_REQUESTS',
      subjects: ['chat.request.*.*'],
      retention: 'workqueue',
      maxAgeMs: retentionMs,
      maxBytes: -1,
      maxMessages: settings.queueMaxMessages,
      discard: 'new',
      allowDirect: false,
      republishRoot: undefined,
    },
    {
      ...common,
      name: 'SESSIONS',
      subjects: ['session.>'],
      maxAgeMs: retentionMs,
      maxBytes: settings.streamMaxBytes,
      allowDirect: true,
      republishRoot: 'session',
    },
    {
      ...common,
      name: 'SESSION_STATE',
      subjects: ['state.session.*'],
      maxAgeMs: retentionMs + 48 * HOUR_MS,
      maxBytes: -1,
      maxMessagesPerSubject: 1,
      allowDirect: false,
      republishRoot: 'state',
    },
    {
      ...common,
      name: 'INVESTIGATIONS',
      subjects: ['investigation.*.*'],
      maxAgeMs: retentionMs,
      maxBytes: settings.streamMaxBytes,
      allowDirect: true,
      republishRoot: 'investigation',
    },
    {
      ...common,
      name: 'CONTROL',
      subjects: ['control.*'],
      maxAgeMs: (settings.maxTokenLifetimeHours + 1) * HOUR_MS,
      maxBytes: -1,
      allowDirect: false,
      republishRoot: 'control',
    },
  ];
}
