import { z } from 'zod';

const subscription = z.object({
  investigation_id: z.string(),
  /** Where the subscription began: a gateway that learns of it later starts from here. */
  cursor: z.string(),
});

/** The one message on `state.session.<sid>`, written with the expected sequence. */
export const sessionState = z.object({
  /** The `sub` the session belongs to, from its first authenticated socket on. */
  owner: z.string().optional(),
  subscriptions: z.array(subscription).default([]),
  /** Recent chats in the order they were accepted: request id, and a sequence of SESSIONS not above its first event. */
  chats: z.array(z.tuple([z.string(), z.int().min(0)])).default([]),
  /** When a gateway last had a socket of the session, milliseconds since the epoch. */
  seen_at: z.int().min(0),
  /** When the session was erased; older queue items are refused. */
  forgotten_at: z.int().min(0).optional(),
});

export type SessionState = z.infer<typeof sessionState>;
