import { constants } from 'node:os';

/** npm passes Ctrl-C on to a process that the terminal has told already: within this time it is one request. */
const SAME_REQUEST_MS = 1000;

/**
 * The first SIGINT, SIGTERM or SIGHUP asks to stop; a second one, more than a second later, ends this
 * process at once.
 *
 * @returns {AbortSignal} aborts at the first
 */
export function stopSignal() {
  const stop = new AbortController();
  let firstAtMs = 0;
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      if (!stop.signal.aborted) {
        firstAtMs = Date.now();
        stop.abort();
      } else if (Date.now() - firstAtMs > SAME_REQUEST_MS) {
        process.exit(128 + constants.signals[name]);
      }
    });
  }
  return stop.signal;
}
