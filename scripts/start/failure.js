/**
 * Why a start can't go on, in words for the person at the terminal: its message is all that is printed, and
 * it is empty when a part has said it already.
 */
export class StartFailure extends Error {
  /** @override */
  name = 'StartFailure';
}

/** What is under way ends because the person asked for it: nothing to explain. */
export class Stopped extends Error {
  /** @override */
  name = 'Stopped';
}

/**
 * @param {unknown} error
 * @returns {string} the system's code, such as `EACCES`, or the message of an error without one
 */
export function codeOf(error) {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
