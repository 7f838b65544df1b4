import { z } from 'zod';

/** Somebody of the session wants the chat to stop: durable, so that a worker that takes it later knows. */
export const cancelMessage = z.object({ requested_at: z.iso.datetime() });
