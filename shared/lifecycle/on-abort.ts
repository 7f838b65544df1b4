/** Those who wait on a signal. It has one listener for all of them. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal aborts, at once where it has. However much waits on one signal, a session's writes
 * while the broker is away, a worker's chats, it has a single listener: Node warns of a leak from eleven on, and
 * there would be no telling that from a real one.
 * @returns stops waiting
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const callbacks = waiting.get(signal) ?? listenTo(signal);
  // One of its own, so that the same function may wait twice.
  const call = (): void => {
    callback();
  };
  callbacks.add(call);
  return () => {
    callbacks.delete(call);
  };
}

/** Waits, or throws the signal's reason as soon as it is aborted; either way no timer stays behind. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await untilAny(delayMs, signal);
  signal?.throwIfAborted();
}

/**
 * Waits until the time is over, the signal aborts, or what `listen` listens to happens: which of them it was is for
 * the caller to see. `listen` returns how it stops.
 */
export async function untilAny(
  delayMs: number,
  signal: AbortSignal | undefined,
  listen?: (wake: () => void) => () => void,
): Promise<void> {
  const stops: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    stops.push(() => {
      clearTimeout(timer);
    });
    if (listen !== undefined) stops.push(listen(wake));
    if (signal !== undefined) stops.push(onAbort(signal, wake));
  });
  for (const stop of stops) stop();
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  signal.addEventListener(
    'abort',
    () => {
      for (const call of [...callbacks]) call();
    },
    { once: true },
  );
  return callbacks;
}
