import { onAbort } from '../../../shared/lifecycle/on-abort.ts';

/** A promise's result, unless the signal is aborted first: not every reader of ours looks at the signal. */
export async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stopWaiting = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stopWaiting = onAbort(signal, () => {
      resolve(undefined);
    });
  });
  try {
    signal.throwIfAborted();
    await Promise.race([promise, aborted]);
    signal.throwIfAborted();
    return await promise;
  } finally {
    stopWaiting();
  }
}
