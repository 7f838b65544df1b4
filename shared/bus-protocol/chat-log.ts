import { z } from 'zod';
import { serverEventData } from '../socket-protocol/server-events.ts';

/**
 * The log of one chat, `session.<sid>.chat.<rid>`: `chat_accepted` first, then claims, chunks, look-ups and
 * restarts, then one end and nothing after it. Every message is written with the expected last sequence, so that two
 * writers can never interleave.
 */

/** Set on every message a worker writes: where the log begins, which no other lookup tells cheaply. */
export const ACCEPTED_SEQUENCE_HEADER = 'Chat-Accepted-Sequence';

/** A worker takes the chat: everything a predecessor writes from here on is refused. */
const claimData = z.object({
  attempt: z.int().min(1),
  worker: z.string(),
  /** The queue item it works on: a claim for another item of the same chat marks a duplicate item. */
  item: z.int().min(1),
  /** Last sequence of INVESTIGATIONS at the first claim: what the answer may draw on. */
  as_of: z.int().min(0),
});
/** A worker that is going away gives the chat back: its claim does not count as an attempt. */
const handoverData = z.object({ worker: z.string() });

/**
 * What an agent looked up for its answer, stored before it is used: whoever takes the chat over knows it and
 * asks for none of it again.
 */
const toolCallsData = z.object({
  /** UTF-16 units of the answer, since the last restart, that were said before. */
  text_length: z.int().min(0),
  calls: z
    .array(z.object({ id: z.string(), name: z.string(), arguments: z.string(), result: z.string() }))
    .min(1),
});

const claimEvent = z.object({ type: z.literal('claim'), data: claimData });
const handoverEvent = z.object({ type: z.literal('handover'), data: handoverData });
const toolCallsEvent = z.object({ type: z.literal('tool_calls'), data: toolCallsData });
export const acceptedEvent = z.object({
  type: z.literal('chat_accepted'),
  data: serverEventData.chat_accepted,
});
const chunkEvent = z.object({ type: z.literal('chat'), data: serverEventData.chat });
const restartEvent = z.object({ type: z.literal('chat_restart'), data: serverEventData.chat_restart });
export const completeEvent = z.object({
  type: z.literal('chat_complete'),
  data: serverEventData.chat_complete,
});
const failedEvent = z.object({ type: z.literal('error'), data: serverEventData.error });

/** Everything that may stand in a chat's log. */
export const chatLogEvent = z.discriminatedUnion('type', [
  acceptedEvent,
  claimEvent,
  handoverEvent,
  toolCallsEvent,
  chunkEvent,
  restartEvent,
  completeEvent,
  failedEvent,
]);
export type ChatLogEvent = z.infer<typeof chatLogEvent>;
export type ChatLogEventType = ChatLogEvent['type'];

/** Whether the event is for clients, or only between workers. */
export function isForClients(
  type: ChatLogEventType,
): type is Exclude<ChatLogEventType, 'claim' | 'handover' | 'tool_calls'> {
  return type !== 'claim' && type !== 'handover' && type !== 'tool_calls';
}

/** Whether nothing of the chat comes after it. */
export function isEnd(type: ChatLogEventType): boolean {
  return type === 'chat_complete' || type === 'error';
}

const PREFIX = '{"type":"';
const TYPES: readonly ChatLogEventType[] = [
  'chat',
  'chat_accepted',
  'chat_complete',
  'error',
  'claim',
  'chat_restart',
  'handover',
  'tool_calls',
];
const BEGINNINGS = TYPES.map((type) => ({ type, bytes: Buffer.from(`${PREFIX}${type}"`) }));

/**
 * The type of a log event from its first bytes: gateways forward chunks without parsing them.
 * Undefined for what no service of this system wrote.
 */
export function typeOfLogEvent(data: Uint8Array): ChatLogEventType | undefined {
  for (const { type, bytes } of BEGINNINGS) if (beginsWith(data, bytes)) return type;
  return undefined;
}

function beginsWith(data: Uint8Array, beginning: Uint8Array): boolean {
  if (data.length < beginning.length) return false;
  // The prefix is alike everywhere: compare from its end, where types differ.
  for (let index = beginning.length - 1; index >= 0; index -= 1) {
    if (data[index] !== beginning[index]) return false;
  }
  return true;
}
