import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { Principal } from '../auth/principal.ts';

/** One socket, as far as its token goes. */
export interface Expiring {
  readonly principal: Pick<Principal, 'expiresAtMs'> | undefined;
  close(reason: CloseReason): void;
}

/** Sockets are closed within a second of when their tokens expire. */
const TICK_MS = 500;

/**
 * Closes sockets whose tokens have expired. All of them are looked at each time, which takes less than a timer for
 * each: of those nearly all are cancelled before they are due, and each is a quarter of a KiB.
 */
export class Expiries implements Disposable {
  readonly #sockets = new Set<Expiring>();
  readonly #timer = setInterval(() => {
    this.#closeExpired();
  }, TICK_MS);

  /** It has a token, perhaps another than before. */
  add(socket: Expiring): void {
    this.#sockets.add(socket);
  }

  delete(socket: Expiring): void {
    this.#sockets.delete(socket);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#sockets.clear();
  }

  #closeExpired(): void {
    const now = Date.now();
    for (const socket of this.#sockets) {
      if ((socket.principal?.expiresAtMs ?? Infinity) > now) continue;
      this.#sockets.delete(socket);
      socket.close(CloseReason.tokenExpired);
    }
  }
}
