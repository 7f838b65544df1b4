import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const body = z.record(z.string(), z.unknown());
const user = z.object({ id: z.string(), name: z.string().optional() });

/** Somebody in a session: `null` for all without a token together. */
export const participant = z.object({ user: user.nullable(), connections: z.int().min(1) });
export type Participant = z.infer<typeof participant>;

/** The `data` of every event the server sends, by its `type`. One shape, written once. */
export const serverEventData = {
  connection: z.object({
    status: z.literal('connected'),
    session_id: z.string(),
    message: z.literal('Conectado ao Cidadão.AI em tempo real'),
    cursor: z.string(),
    recovered: z.boolean().optional(),
  }),
  chat_accepted: z.object({
    request_id: z.string(),
    role: z.literal('user'),
    message: z.string(),
    user: user.optional(),
    duplicate: z.literal(true).optional(),
  }),
  typing: z.object({
    agent: z.literal('processing'),
    isTyping: z.literal(true),
    request_id: z.string(),
  }),
  chat: z.object({
    role: z.literal('assistant'),
    content: z.string(),
    agent_id: z.string(),
    agent_name: z.string(),
    chunk: z.literal(true),
    request_id: z.string(),
    chunk_index: z.int().min(0),
  }),
  chat_restart: z.object({ request_id: z.string(), attempt: z.int().min(2) }),
  chat_complete: z.object({
    status: z.enum(['completed', 'cancelled']),
    request_id: z.string(),
    agent_id: z.string().nullable(),
    agent_name: z.string().nullable(),
    content: z.string(),
    is_complete: z.literal(true),
  }),
  error: z.object({
    code: z.string(),
    message: z.string(),
    request_id: z.string().optional(),
    retryable: z.boolean().optional(),
    retry_after_ms: z.int().min(0).optional(),
  }),
  queued: z.object({ request_id: z.string(), position: z.int().min(1) }),
  subscribed: z.object({
    investigation_id: z.string(),
    message: z.string(),
    cursor: z.string(),
    recovered: z.boolean().optional(),
  }),
  unsubscribed: z.object({ investigation_id: z.string() }),
  anomaly_detected: z.object({
    investigation_id: z.string(),
    severity: z.unknown(),
    description: z.unknown(),
    details: body,
  }),
  notification: body,
  presence: z.object({
    participants: z.array(participant),
    joined: z.array(user.nullable()).optional(),
    left: z.array(user.nullable()).optional(),
  }),
  heartbeat: z.object({ investigation_id: z.string() }),
  history: z.object({
    events: z.array(body),
    before: z.string().optional(),
    more: z.boolean(),
  }),
  authenticated: z.object({ expires_at: z.iso.datetime() }),
  pong: z.object({}),
} as const;

export type ServerEventType = keyof typeof serverEventData;
export type ServerEventData<Type extends ServerEventType> = z.infer<(typeof serverEventData)[Type]>;

/** What every frame from the server has; durable ones carry `channel` and `cursor` too. */
export const serverEnvelope = z.object({
  type: z.string(),
  data: body,
  timestamp: z.iso.datetime(),
  id: z.string(),
  channel: z.string().optional(),
  cursor: z.string().optional(),
});
export type ServerEnvelope = z.infer<typeof serverEnvelope>;

/**
 * The finished JSON of one event. The key order is part of the design: `type` first lets a gateway
 * tell events apart by their first bytes, and the closing brace is where it adds channel and cursor.
 */
export function encodeEvent<Type extends ServerEventType>(
  type: Type,
  data: ServerEventData<Type>,
  identity: { id?: string; timestampMs?: number } = {},
): string {
  return encodeEnvelope(type, data, identity);
}

/** Like `encodeEvent`, for the types other services invent: `investigation_<kind>`. */
export function encodeInvestigationUpdate(
  kind: string,
  data: Record<string, unknown>,
  identity: { id: string; timestampMs: number },
): string {
  return encodeEnvelope(`investigation_${kind}`, data, identity);
}

function encodeEnvelope(
  type: string,
  data: unknown,
  identity: { id?: string; timestampMs?: number },
): string {
  const timestamp = new Date(identity.timestampMs ?? Date.now()).toISOString();
  return JSON.stringify({ type, data, timestamp, id: identity.id ?? randomUUID() });
}
