import { z } from 'zod';

/** `internal.queue`: the work queue as a worker has just found it. */
export const queueReport = z.object({
  waiting: z.int().min(0),
  taken: z.int().min(0),
  oldest_wait_ms: z.number().min(0),
});
