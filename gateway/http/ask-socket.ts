import type { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { Socket } from '../transport/transport.ts';

/** In the place of a socket for who asks by one HTTP request: nothing is sent to it, and it may be closed. */
export class AskSocket implements Socket {
  /** Resolves when the gateway wants it gone, with why. */
  readonly closed: Promise<CloseReason>;
  /** The chat that was asked for, once that is known. */
  requestId: string | undefined;
  #close: (reason: CloseReason) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  bufferedBytes(): number {
    return 0;
  }

  send(): boolean {
    return true;
  }

  close(reason: CloseReason): void {
    this.#close(reason);
  }

  cut(): void {
    // Only clients that offer no sub-protocol are cut.
  }
}
