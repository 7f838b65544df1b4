import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE } from './broker-count.ts';

const DEADLINE_MS = 10_000 * PATIENCE;
const PAUSE_MS = 25;

/** Rejects with `describe()` when the promise takes too long, so that a test says what it waited for. */
export async function inTime<Result>(
  promise: Promise<Result>,
  describe: () => string,
  deadlineMs = DEADLINE_MS,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${deadlineMs} ms: ${describe()}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again and again until the answer is as wanted, for what tells nobody that it changed (an HTTP
 * status, a log on disk). Whatever sends an event is waited for by that event instead.
 */
export async function eventually<Result>(
  ask: () => Promise<Result> | Result,
  isWanted: (result: Result) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = await ask();
    if (isWanted(result)) return result;
    if (performance.now() > deadline) {
      throw new Error(`after ${deadlineMs} ms it still is ${JSON.stringify(result)}`);
    }
    await delay(PAUSE_MS);
  }
}
