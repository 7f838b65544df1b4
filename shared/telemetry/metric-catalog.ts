import { counter, gauge, histogram, label, type MetricDefinition } from './metric-definition.ts';

/*
 * Every metric of both services, in the order of docs/METRICS.md, which a test holds against this page.
 * Labels have few and fixed values: what is none of them counts as `other` where there is one.
 */

/** From one hop of the broker, 0.1 ms, to a broker that is in trouble. */
const HOP_BUCKETS_S = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** What a person waits for. */
const WAIT_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30];
/** Whole answers, and waits in the queue. */
const LONG_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const INTERVAL_BUCKETS_S = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
/** The boundaries that the conventions for generative models recommend. */
const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144];

/** Event streams over HTTP beside the sockets, so that the sum is everybody who follows events. */
const SOCKET_KINDS = label('type', ['chat', 'investigation', 'sse_chat', 'sse_investigation']);
const STREAMS = label('stream', ['CHAT_REQUESTS', 'SESSIONS', 'SESSION_STATE', 'INVESTIGATIONS', 'CONTROL']);

/** What a gateway has beside `COMMON_METRICS`. */
export const GATEWAY_METRICS = {
  connectionsActive: gauge('websocket.connections.active', '{connection}', 'open sockets', SOCKET_KINDS),
  connections: counter('websocket.connections', '{connection}', 'sockets that were opened', SOCKET_KINDS),
  messagesSent: counter(
    'websocket.messages.sent',
    '{message}',
    'frames handed to sockets, each socket counted; `investigation` is any `investigation_<kind>`',
    label('type', [
      ...['connection', 'chat_accepted', 'typing', 'chat', 'chat_restart', 'chat_complete', 'error'],
      ...['queued', 'subscribed', 'unsubscribed', 'anomaly_detected', 'notification', 'investigation'],
      ...['presence', 'heartbeat', 'history', 'authenticated', 'pong', 'other'],
    ] as const),
  ),
  messagesReceived: counter(
    'websocket.messages.received',
    '{message}',
    'well-formed messages of clients',
    label('type', ['chat', 'cancel', 'subscribe', 'unsubscribe', 'history', 'auth', 'ping', 'other']),
  ),
  errors: counter(
    'websocket.errors',
    '{error}',
    'errors told to clients by code; `open_failed`: a socket could not be opened; `handler_failed`: a defect; `frame_dropped`: a defect too, repaired from the stream',
    label('reason', [
      ...['INVALID_MESSAGE', 'UNKNOWN_TYPE', 'INVALID_ID', 'FORBIDDEN', 'NOT_FOUND', 'RATE_LIMIT', 'LIMIT'],
      ...['UNAVAILABLE', 'CHAT_FAILED', 'open_failed', 'handler_failed', 'frame_dropped', 'other'],
    ] as const),
  ),
  messageLatency: histogram(
    HOP_BUCKETS_S,
    'websocket.message.latency',
    's',
    'from the time an event of a chat carries, when it was written, to when it was handed to the sockets: every event but chunks, and one chunk in sixteen; clocks of two machines are compared',
  ),
  upgrades: counter(
    'rt.ws.upgrades',
    '{request}',
    'requests to open a socket or an event stream, by the code of the refusal',
    label('outcome', [
      ...['accepted', 'INVALID_ID', 'INVALID_PARAMETER', 'FORBIDDEN', 'NOT_FOUND'],
      ...['TOO_MANY_CONNECTIONS', 'UNAVAILABLE', 'other'],
    ] as const),
  ),
  closes: counter(
    'rt.ws.closes',
    '{connection}',
    'sockets and event streams that ended, by close code; 1006 is a cut',
    label('code', ['1000', '1001', '1005', '1006', '1008', '1009', '1011', '1013', 'other']),
  ),
  sentAway: counter(
    'rt.ws.sent_away',
    '{connection}',
    'sockets the gateway ended, by its reason',
    label('reason', [
      ...['done', 'goingAway', 'invalidAuthentication', 'tokenExpired', 'revoked', 'forbidden'],
      ...['tooManyErrors', 'tooBig', 'internal', 'overloaded', 'tooSlow', 'other'],
    ] as const),
  ),
  authRejects: counter(
    'rt.auth.rejects',
    '{token}',
    'tokens that were not accepted; `missing`: none where one is required',
    label('reason', [
      ...['malformed', 'no_key', 'signature', 'expired', 'claims', 'refresh', 'lifetime'],
      ...['keys_unavailable', 'revoked', 'missing'],
    ] as const),
  ),
  bufferedBytes: gauge('rt.ws.buffered', 'By', 'bytes that wait for slow readers, all sockets together'),
  lagging: gauge(
    'rt.ws.lagging',
    '{reader}',
    'readers that are behind: left out of the live path until they have drained',
  ),
  lags: counter('rt.ws.lags', '{reader}', 'times a reader fell behind'),
  sessionsOpen: gauge(
    'rt.sessions.open',
    '{session}',
    'sessions with a socket here, or with one that may come back: `SESSION_LINGER_SECONDS`',
  ),
  investigationsOpen: gauge(
    'rt.investigations.open',
    '{investigation}',
    'investigations somebody follows here',
  ),
  chatsAccepted: counter(
    'rt.chat.accepted',
    '{chat}',
    'chats this gateway handed to the workers, and repeats it answered',
    label('result', ['new', 'duplicate']),
  ),
  chatsActive: gauge(
    'rt.chat.active',
    '{chat}',
    'chats of the sessions here that were accepted and have not ended',
  ),
  timeToFirstChunk: histogram(
    WAIT_BUCKETS_S,
    'rt.chat.time_to_first_chunk',
    's',
    'from a chat message to the first chunk of its answer on its way to the socket',
  ),
  chatDuration: histogram(
    LONG_BUCKETS_S,
    'rt.chat.duration',
    's',
    'from a chat message to the end of its answer on its way to the socket',
    label('outcome', ['complete', 'failed']),
  ),
  streamReads: counter('rt.stream.reads', '{read}', 'reads of the past from the broker', STREAMS),
  resumes: counter(
    'rt.stream.resumes',
    '{resume}',
    'channels taken up again with `since`; `expired`: the cursor could not be honoured',
    label('result', ['recovered', 'expired']),
  ),
  eventsReplayed: counter(
    'rt.stream.replayed',
    '{event}',
    'past events sent to sockets that resumed, joined or had fallen behind',
  ),
  gaps: counter('rt.stream.gaps', '{gap}', 'links missing on the live path, closed by a read', STREAMS),
  catchUpFailures: counter(
    'rt.stream.catch_up_failures',
    '{read}',
    'reads that failed and are tried again',
    STREAMS,
  ),
  payloadsRefused: counter(
    'rt.payloads.refused',
    '{message}',
    'messages of other services that reach no client',
    label('reason', ['too large', 'not a JSON object', 'bad id', 'other']),
  ),
  stateFailures: counter('rt.state.failures', '{write}', "writes or reads of a session's record that failed"),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** What a worker has beside `COMMON_METRICS`. */
export const WORKER_METRICS = {
  chatsRunning: gauge('rt.worker.chats.running', '{chat}', 'chats this worker runs'),
  queueWait: histogram(
    LONG_BUCKETS_S,
    'rt.queue.wait',
    's',
    'how long a chat was in the queue when it was first claimed',
  ),
  claims: counter(
    'rt.worker.claims',
    '{claim}',
    'chats taken: new ones, those another worker gave back, those another worker was lost over',
    label('kind', ['first', 'continued', 'takeover']),
  ),
  takeoverPause: histogram(
    LONG_BUCKETS_S,
    'rt.worker.takeover.pause',
    's',
    'from the last event of the worker that was lost to the claim of its successor',
  ),
  chunks: counter('rt.worker.chunks', '{chunk}', 'chunks stored'),
  agentFirstChunk: histogram(
    WAIT_BUCKETS_S,
    'rt.worker.time_to_first_chunk',
    's',
    'from the claim to the first chunk stored',
  ),
  chunkInterval: histogram(
    INTERVAL_BUCKETS_S,
    'rt.worker.chunk.interval',
    's',
    'between two chunks of an answer, one pair in sixteen',
  ),
  chatsEnded: counter(
    'rt.worker.chats.ended',
    '{chat}',
    'chats this worker wrote the end of',
    label('outcome', ['completed', 'cancelled', 'failed']),
  ),
  chatFailures: counter(
    'rt.worker.failures',
    '{chat}',
    'chats that ended in `CHAT_FAILED`, by reason',
    label('reason', [
      ...['unreadable_request', 'log_without_beginning', 'attempts_exhausted', 'delivered_too_often'],
      ...['waited_too_long', 'answer_too_long', 'agent_failed', 'other'],
    ] as const),
  ),
  restarts: counter('rt.worker.restarts', '{chat}', 'answers that began anew after a takeover'),
  fenced: counter(
    'rt.worker.fenced',
    '{chat}',
    'chats this worker found in the hands of another: it was asleep or cut off',
  ),
  handedOver: counter(
    'rt.worker.handed_over',
    '{chat}',
    'chats given to other workers',
    label('reason', ['draining', 'broker_silent', 'cancelled', 'forgotten']),
  ),
  givenUp: counter(
    'rt.worker.given_up',
    '{chat}',
    'chats left to a later delivery: the broker did not confirm',
  ),
  runFailures: counter('rt.worker.defects', '{chat}', 'chats that ran into a defect of ours'),
  itemsDropped: counter(
    'rt.queue.dropped',
    '{item}',
    'queue items with nothing left to do',
    label('reason', ['ended', 'duplicate', 'forgotten', 'no_chat']),
  ),
  acksLost: counter('rt.queue.acks_lost', '{item}', 'items whose acknowledgement was not confirmed'),
  pullFailures: counter('rt.queue.pull_failures', '{pull}', 'times the queue could not be reached'),
  queueWaiting: gauge(
    'rt.queue.waiting',
    '{chat}',
    'chats nobody has taken yet; every worker tells the same number: use `max`',
  ),
  queueRunning: gauge(
    'rt.queue.running',
    '{chat}',
    'chats taken by any worker and not acknowledged; every worker tells the same number: use `max`',
  ),
  queueOldestWait: gauge(
    'rt.queue.oldest_wait',
    's',
    'how long the oldest chat has waited that nobody has taken; every worker tells the same number: use `max`',
  ),
  modelDuration: histogram(
    LONG_BUCKETS_S,
    'gen_ai.client.operation.duration',
    's',
    'calls to a model API',
    label('outcome', ['completed', 'failed']),
  ),
  modelFirstChunk: histogram(
    WAIT_BUCKETS_S,
    'gen_ai.client.operation.time_to_first_chunk',
    's',
    'from a call to a model API to its first chunk',
  ),
  modelTokens: histogram(
    TOKEN_BUCKETS,
    'gen_ai.client.token.usage',
    '{token}',
    'tokens of a call, as the model API told them',
    label('gen_ai.token.type', ['input', 'output']),
  ),
  modelRetries: counter(
    'rt.model.retries',
    '{call}',
    'calls to a model API made again, nothing being said yet',
  ),
  toolCalls: counter('rt.model.tool_calls', '{call}', 'look-ups a model made'),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** What both services have. */
export const COMMON_METRICS = {
  handlersFailed: counter(
    'rt.handlers.failed',
    '{message}',
    'messages of clients or of the broker whose handler threw: a defect',
  ),
  ready: gauge('rt.ready', '{service}', '1 while `/readyz` answers 200'),
  brokerConnected: gauge('rt.nats.connected', '{connection}', '1 while connected to the broker'),
  reconnects: counter('rt.nats.reconnects', '{connection}', 'times the broker was lost and found again'),
  roundTrip: histogram(
    HOP_BUCKETS_S,
    'rt.nats.round_trip',
    's',
    'to the broker and back, asked every second',
  ),
  publishRetries: counter(
    'rt.nats.publish_retries',
    '{try}',
    'tries to store a message that were not confirmed and repeated',
  ),
  loopDelayMean: gauge(
    'nodejs.eventloop.delay.mean',
    's',
    'how late the event loop was on average, over the last 10 s',
  ),
  loopDelayP50: gauge('nodejs.eventloop.delay.p50', 's', 'median of the same'),
  loopDelayP99: gauge('nodejs.eventloop.delay.p99', 's', 'p99 of the same'),
  loopDelayMax: gauge('nodejs.eventloop.delay.max', 's', 'the longest of the same'),
  loopUtilization: gauge(
    'nodejs.eventloop.utilization',
    '1',
    'share of the last 10 s that the event loop was busy',
  ),
  cpuTime: counter('process.cpu.time', 's', 'CPU time of the process', label('cpu.mode', ['user', 'system'])),
  memory: gauge('process.memory.usage', 'By', 'resident memory'),
  heapUsed: gauge('v8js.memory.heap.used', 'By', 'JavaScript objects, garbage included'),
  uptime: gauge('process.uptime', 's', 'since the process started'),
} as const satisfies Readonly<Record<string, MetricDefinition>>;
