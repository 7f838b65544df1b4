import { pause } from '../lifecycle/on-abort.ts';
import { UnavailableError } from './bus-errors.ts';

/**
 * Asks again while the broker does not answer: a request begun while disconnected is lost, not late.
 * @throws UnavailableError when the deadline is over
 */
export async function untilAvailable<Result>(
  ask: () => Promise<Result>,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() > deadline) throw error;
    }
    await pause(100 + Math.random() * 200, signal);
  }
}
