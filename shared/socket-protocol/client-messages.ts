import { z } from 'zod';
import { checkShape } from './check-shape.ts';
import { ProtocolError } from './protocol-error.ts';
import { IDENTIFIER } from './identifiers.ts';
import {
  DEFAULT_HISTORY_EVENTS,
  MAX_CHAT_CHARACTERS,
  MAX_CLIENT_ID_CHARACTERS,
  MAX_CURSOR_CHARACTERS,
  MAX_HISTORY_EVENTS,
} from './limits.ts';

/** Marks a field whose failure is `INVALID_ID`, not `INVALID_MESSAGE`. */
const INVALID_ID = 'INVALID_ID';
const identifier = z.string().regex(IDENTIFIER, { message: INVALID_ID });
const cursor = z.string().min(1).max(MAX_CURSOR_CHARACTERS);

/** Counts code points: an emoji is one character to the person who typed it. */
const chatText = z
  .string()
  .min(1)
  .max(2 * MAX_CHAT_CHARACTERS)
  .refine((text) => text.length <= MAX_CHAT_CHARACTERS || Array.from(text).length <= MAX_CHAT_CHARACTERS)
  // JSON Schema counts code points itself.
  .meta({ maxLength: MAX_CHAT_CHARACTERS });

const chatId = z.string().min(1).max(MAX_CLIENT_ID_CHARACTERS).optional();
const chatFields = {
  message: chatText.optional(),
  content: chatText.optional(),
  agent_id: z.string().max(128).nullish(),
  /** W3C trace context of the client's own work. What is none is ignored. */
  traceparent: z.string().optional().catch(undefined),
};
/** For JSON Schema: that one of the two is there is checked by the transformation below. */
const HAS_TEXT = { anyOf: [{ required: ['message'] }, { required: ['content'] }] };

/** The body of a question that comes over HTTP, as far as it is described: it is checked as a `chat`. */
export const askBody = z.object({ ...chatFields, id: chatId }).meta(HAS_TEXT);

const chat = z.object({
  type: z.literal('chat'),
  id: chatId,
  data: z
    .object(chatFields)
    .meta(HAS_TEXT)
    .transform((data, context) => {
      const message = data.message ?? data.content;
      if (message === undefined) {
        context.addIssue({ code: 'custom', message: 'message is required', path: ['message'] });
        return z.NEVER;
      }
      return { message, agentId: data.agent_id ?? undefined, traceparent: data.traceparent };
    }),
});
const cancel = z.object({
  type: z.literal('cancel'),
  data: z.object({ request_id: identifier }),
});
const subscribe = z.object({
  type: z.literal('subscribe'),
  data: z.object({ investigation_id: identifier, since: cursor.optional() }),
});
const unsubscribe = z.object({
  type: z.literal('unsubscribe'),
  data: z.object({ investigation_id: identifier }),
});
const history = z.object({
  type: z.literal('history'),
  data: z
    .object({
      before: cursor.optional(),
      limit: z.int().min(1).max(MAX_HISTORY_EVENTS).default(DEFAULT_HISTORY_EVENTS),
    })
    .default({ limit: DEFAULT_HISTORY_EVENTS }),
});
const auth = z.object({
  type: z.literal('auth'),
  data: z.object({ token: z.string().min(1) }),
});
/** The original client sends `{"type":"ping"}` and nothing else; whatever else it carries is ignored. */
const ping = z.object({ type: z.literal('ping') });

/** Every message a client may send, by its `type`. Fields not named here are ignored. */
export const clientMessage = z.discriminatedUnion('type', [
  chat,
  cancel,
  subscribe,
  unsubscribe,
  history,
  auth,
  ping,
]);

export type ClientMessage = z.infer<typeof clientMessage>;
export type ClientMessageType = ClientMessage['type'];
export type ClientMessageOf<Type extends ClientMessageType> = Extract<ClientMessage, { type: Type }>;

const TYPES: ReadonlySet<string> = new Set(clientMessage.options.map((option) => option.shape.type.value));

/** Made once: making a schema costs far more than checking with it. */
const typed = z.object({ type: z.string() });

/**
 * Checks one parsed frame.
 * @throws ProtocolError `INVALID_MESSAGE`, `UNKNOWN_TYPE` or `INVALID_ID`
 */
export function parseClientMessage(value: unknown): ClientMessage {
  const envelope = checkShape(typed, value);
  if (!envelope.success) throw new ProtocolError('INVALID_MESSAGE', { cause: envelope.error });
  if (!TYPES.has(envelope.data.type)) throw new ProtocolError('UNKNOWN_TYPE');
  const parsed = checkShape(clientMessage, value);
  if (parsed.success) return parsed.data;
  const onlyIds = parsed.error.issues.every((issue) => issue.message === INVALID_ID);
  throw new ProtocolError(onlyIds ? 'INVALID_ID' : 'INVALID_MESSAGE', { cause: parsed.error });
}
