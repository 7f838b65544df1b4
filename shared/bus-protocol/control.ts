import { z } from 'zod';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';

/** Longer than any issuer's, short enough to be kept by the thousand. */
const MAX_NAME_CHARACTERS = 1_024;

const name = z.string().min(1).max(MAX_NAME_CHARACTERS);
const sessionId = z.string().regex(IDENTIFIER);

/**
 * What an operator publishes on `control.revoke`: tokens with this `jti`, or of this `sub` issued before
 * now, stay refused; `session_id` closes the sockets of a session once. Normally one of the three.
 */
export const revokeMessage = z
  .object({ sub: name.optional(), jti: name.optional(), session_id: sessionId.optional() })
  .refine(({ sub, jti, session_id }) => sub !== undefined || jti !== undefined || session_id !== undefined);

/** What an operator publishes on `control.forget`: one session, or every session that belongs to a `sub`. */
export const forgetMessage = z.union([z.object({ session_id: sessionId }), z.object({ sub: name })]);
export type ForgetMessage = z.infer<typeof forgetMessage>;

/** What a gateway stores on `control.forgotten` when it has carried one out: the sequence of that message. */
export const forgottenMessage = z.object({ forget: z.int().min(1), sessions: z.int().min(0) });
