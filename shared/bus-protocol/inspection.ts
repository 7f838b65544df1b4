import { z } from 'zod';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';

/*
 * What an operator asks the services, and what each says of itself. Nobody is answered by a reply subject: a
 * service would publish wherever the question says. Chat text and tokens are in none of it.
 */

const identifier = z.string().regex(IDENTIFIER);
const timeMs = z.number().min(0);
const sequence = z.int().min(0);
const count = z.int().min(0);

const aboutSession = z.object({ session_id: identifier });
/** Without a session: one the broker has nothing of. It may wait on a socket. */
const aboutRequest = z.object({ session_id: identifier.optional(), request_id: identifier });
const aboutInvestigation = z.object({
  investigation_id: identifier,
  /** Kinds of events the broker has of it. */
  kinds: z.array(identifier).max(100),
});

const inspectionSubject = z.union([aboutRequest, aboutSession, aboutInvestigation]);
export type InspectionSubject = z.infer<typeof inspectionSubject>;

/** `internal.inspect.all`, to every service, and `internal.inspect.stored`, to one of them. */
export const inspectionQuestion = z.object({
  /** Where answers go: `internal.inspected.<inquiry>`. */
  inquiry: identifier,
  about: inspectionSubject,
});

/** Everything up to `base`, and of some subjects up to the sequences in `above`. */
const place = z.object({ base: sequence, above: z.array(sequence) });
export type Place = z.infer<typeof place>;

const attachedChannel = z.object({
  channel: z.string(),
  /** `behind`: it reads too slowly, and what it misses waits in the stream. */
  state: z.enum(['level', 'catching up', 'behind']),
  at: place,
});

const inspectedSocket = z.object({
  connection_id: z.string(),
  /** As it was told; one of an investigation has one of its own. */
  session_id: z.string(),
  via: z.enum(['ws', 'sse', 'http']),
  /** The token's `sub`; `null` is anonymous. */
  user: z.string().nullable(),
  opened_at_ms: timeMs,
  /** What waits for this reader in the gateway. */
  waiting_bytes: count,
  channels: z.array(attachedChannel),
  /** Requests that wait until the one before has ended: they are nowhere else. */
  queued: z.array(z.string()),
});

const closedSocket = z.object({
  connection_id: z.string(),
  via: z.enum(['ws', 'sse', 'http']),
  opened_at_ms: timeMs,
  closed_at_ms: timeMs,
  code: z.int(),
  /** Why the gateway ended it; `null` where the client or the network did. */
  reason: z.string().nullable(),
  /** Whether it lagged when it ended. */
  was_behind: z.boolean(),
});
export type ClosedSocket = z.infer<typeof closedSocket>;

const openChannel = z.object({
  channel: z.string(),
  at: place,
  /** Chats that this gateway has seen begin and not end. */
  running: z.array(z.object({ request_id: z.string(), has_chunk: z.boolean(), quiet_ms: count })),
});

/** A gateway: who is there. */
const gatewayAnswer = z.object({
  from: z.literal('gateway'),
  id: z.string(),
  port: z.int(),
  draining: z.boolean(),
  /** Where it has what is asked about. */
  session_id: z.string().nullable(),
  /** All of its sockets. */
  sockets_total: count,
  /** Those that are asked about, as far as they fit. */
  sockets: z.array(inspectedSocket),
  /** How many these are. */
  sockets_about: count,
  channel: openChannel.nullable(),
  /** Being handed over to the queue at the moment. */
  accepting: z.array(z.string()),
  closed: z.array(closedSocket),
});
export type GatewayAnswer = z.infer<typeof gatewayAnswer>;

const workerTurn = z.object({
  session_id: z.string(),
  request_id: z.string(),
  taken_at_ms: timeMs,
  /** How long it was in the queue. */
  waited_ms: z.number().min(0),
  delivery: count,
  /** `null` until it is claimed. */
  attempt: z.int().nullable(),
  agent: z.string().nullable(),
  first_chunk_at_ms: timeMs.nullable(),
  /** Of this turn. */
  chunks: count,
  /** `null` while it runs. */
  outcome: z.string().nullable(),
  ended_at_ms: timeMs.nullable(),
});
export type WorkerTurn = z.infer<typeof workerTurn>;

/** A worker: its turns at the chats that are asked about. */
const workerAnswer = z.object({
  from: z.literal('worker'),
  id: z.string(),
  draining: z.boolean(),
  capacity: count,
  /** All chats it runs. */
  running: count,
  turns: z.array(workerTurn),
});
export type WorkerAnswer = z.infer<typeof workerAnswer>;

const chatAttempt = z.object({
  attempt: z.int(),
  worker: z.string(),
  claimed_at_ms: timeMs,
  first_chunk_at_ms: timeMs.nullable(),
  chunks: count,
  look_ups: count,
  /** Of its last event. */
  last_at_ms: timeMs,
  /** `lost`: another worker had to take over; `running`: nobody has yet. */
  outcome: z.enum(['running', 'lost', 'handed over', 'ended']),
});
export type ChatAttempt = z.infer<typeof chatAttempt>;

/** A chat as its log tells it, by the broker's clock. */
const chatHistory = z.object({
  session_id: z.string(),
  request_id: z.string(),
  first_sequence: sequence,
  last_sequence: sequence,
  /** `null`: the log's beginning was trimmed. */
  accepted_at_ms: timeMs.nullable(),
  attempts: z.array(chatAttempt),
  restarts: count,
  cancel_at_ms: timeMs.nullable(),
  end: z.object({ outcome: z.enum(['completed', 'cancelled', 'failed']), at_ms: timeMs }).nullable(),
});
export type ChatHistory = z.infer<typeof chatHistory>;

const sessionRecord = z.object({
  owner: z.string().nullable(),
  subscriptions: z.array(z.object({ investigation_id: z.string(), from: place.nullable() })),
  chats: count,
  seen_at_ms: timeMs,
  forgotten_at_ms: timeMs.nullable(),
});

/** One service for all: what the streams say, of which operators may not read a message. */
const storedAnswer = z.object({
  from: z.literal('stored'),
  /** `null` where there is none, or none was asked for. */
  record: sessionRecord.nullable(),
  chats: z.array(chatHistory),
  /** When the last event of each kind was stored. */
  last_events: z.array(z.object({ kind: z.string(), sequence, at_ms: timeMs })),
});
export type StoredAnswer = z.infer<typeof storedAnswer>;

export const inspectionAnswer = z.discriminatedUnion('from', [gatewayAnswer, workerAnswer, storedAnswer]);
export type InspectionAnswer = z.infer<typeof inspectionAnswer>;
