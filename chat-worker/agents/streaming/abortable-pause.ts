/**
 * Waits, or throws the signal's reason as soon as it is aborted; either way neither timer nor listener
 * stays behind.
 */
export async function abortablePause(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  try {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      stop = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
}

/** A promise's result, unless the signal is aborted first: not every reader of ours looks at the signal. */
export async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    signal.throwIfAborted();
    await Promise.race([promise, aborted]);
    signal.throwIfAborted();
    return await promise;
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
