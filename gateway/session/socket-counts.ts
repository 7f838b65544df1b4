import type { SocketKind } from '../events.ts';

/** Whose socket it is, as far as limits go. */
export interface CountedSocket {
  /** The key of the client's address, see `limitKey`. */
  readonly addressKey: string;
  /** An investigation socket has a session of its own and is not counted by it. */
  readonly kind: SocketKind;
  readonly sessionId: string;
}

/** Open sockets by address and by session. */
export class SocketCounts {
  readonly #byAddress = new Map<string, number>();
  readonly #bySession = new Map<string, number>();

  ofAddress(addressKey: string): number {
    return this.#byAddress.get(addressKey) ?? 0;
  }

  ofSession(sessionId: string): number {
    return this.#bySession.get(sessionId) ?? 0;
  }

  add(socket: CountedSocket): void {
    this.#change(socket, 1);
  }

  /** To be called once, when the socket has closed. */
  remove(socket: CountedSocket): void {
    this.#change(socket, -1);
  }

  #change({ addressKey, kind, sessionId }: CountedSocket, by: 1 | -1): void {
    change(this.#byAddress, addressKey, by);
    if (kind === 'chat') change(this.#bySession, sessionId, by);
  }
}

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
