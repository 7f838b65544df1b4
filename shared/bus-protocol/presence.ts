import { z } from 'zod';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';
import { participant } from '../socket-protocol/server-events.ts';

/** `internal.alive.<gateway>`: a gateway's sign of life. */
export const aliveMessage = z.object({
  /** Of its last announcement: who knows of an earlier one has missed something. */
  sequence: z.int().min(0),
  /** How many sessions have sockets there. */
  sessions: z.int().min(0),
  /** It says good-bye: nobody has to wait for its silence. */
  leaving: z.literal(true).optional(),
});

const presentSession = z.object({
  session: z.string().regex(IDENTIFIER),
  /** Everybody with a socket of the session on that gateway. */
  participants: z.array(participant),
  /** It does not know who else is there, and wants to be told. */
  ask: z.literal(true).optional(),
});
export type PresentSession = z.infer<typeof presentSession>;

/** `internal.presence.<gateway>`: what changed on that gateway, each session as a whole. */
export const presenceMessage = z.object({
  /** Counts the announcements of the gateway, from 1. */
  sequence: z.int().min(1),
  sessions: z.array(presentSession),
});
export type PresenceMessage = z.infer<typeof presenceMessage>;
