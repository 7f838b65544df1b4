/** Whose socket it is, as far as limits go. */
export interface CountedSocket {
  /** The key of the client's address, see `limitKey`. */
  readonly addressKey: string;
  /** The session of a chat socket; an investigation socket has one of its own and is not counted by it. */
  readonly sessionId: string | undefined;
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

  /** The returned function is to be called once, when the socket has closed. */
  add({ addressKey, sessionId }: CountedSocket): () => void {
    change(this.#byAddress, addressKey, 1);
    if (sessionId !== undefined) change(this.#bySession, sessionId, 1);
    return () => {
      change(this.#byAddress, addressKey, -1);
      if (sessionId !== undefined) change(this.#bySession, sessionId, -1);
    };
  }
}

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
