import { z } from 'zod';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';

/** `internal.demo.start`: play the demo investigation under this id. For development; nothing is stored. */
export const demoRequest = z.object({ investigation_id: z.string().regex(IDENTIFIER) });
