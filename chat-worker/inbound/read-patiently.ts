import { UnavailableError } from '../../shared/bus/bus-errors.ts';
import { pause } from '../../shared/lifecycle/on-abort.ts';

const READ_DEADLINE_MS = 30_000;

/**
 * Reads again while the broker is away: one that restarts must not fail a chat that only has to look
 * something up.
 * @throws UnavailableError when the broker could not be read for half a minute
 */
export async function readPatiently<Result>(
  read: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const deadline = performance.now() + READ_DEADLINE_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() > deadline) throw error;
      await pause(200 + Math.random() * 300, signal);
    }
  }
}
