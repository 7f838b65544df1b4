import { z } from 'zod';

/** The claims of the asker that decide what the answer may draw on. */
const asker = z.object({
  /** The token's `sub`; absent for anonymous askers. */
  sub: z.string().optional(),
  /** Investigation ids of the token's claim, `"*"` for all. */
  investigations: z.array(z.string()).default([]),
});

/** One item of the work queue. Session and request come from its subject, not from in here. */
export const chatRequest = z.object({
  /** The finished `chat_accepted` event and the message id it is stored with, by whoever is first. */
  accepted: z.object({ message_id: z.string().min(1), event: z.string().min(1) }),
  agent_id: z.string().optional(),
  asker,
  /** Investigations the session was subscribed to when it asked, oldest first. */
  subscriptions: z.array(z.string()).default([]),
});

export type ChatRequest = z.infer<typeof chatRequest>;
