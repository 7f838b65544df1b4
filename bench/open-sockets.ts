import pLimit from 'p-limit';
import type { RawSocket } from './raw-socket.ts';

/** Enough that the server always has something to do, few enough for its queue of connections. */
const AT_ONCE = 100;

/** Opens a socket for each, the next as soon as another is welcomed. */
export function openSockets<Each>(
  all: Iterable<Each>,
  open: (each: Each) => Promise<RawSocket>,
  atOnce = AT_ONCE,
): Promise<RawSocket[]> {
  const limit = pLimit(atOnce);
  return Promise.all(Array.from(all, (each) => limit(() => open(each))));
}
