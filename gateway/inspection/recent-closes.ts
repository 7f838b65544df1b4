import type { ClosedSocket } from '../../shared/bus-protocol/inspection.ts';
import type { Connection } from '../session/connection.ts';

/** Of all sockets that ended here the last are remembered. */
const KEPT = 1_000;
/** A busy session's are told up to here. */
const TOLD = 20;

interface Close {
  readonly sessionId: string;
  readonly channels: readonly string[];
  readonly socket: ClosedSocket;
}

/** How the last sockets of this gateway ended: nowhere else is kept why. Users are not in it. */
export class RecentCloses {
  readonly #closes: Close[] = [];

  /** To be called while the socket is still attached to its channels. */
  add(connection: Connection, code: number): void {
    const standings = [...connection.standings()];
    this.#closes.push({
      sessionId: connection.sessionId,
      channels: standings.map(([channel]) => channel),
      socket: {
        connection_id: connection.id,
        via: connection.via,
        opened_at_ms: connection.openedAtMs,
        closed_at_ms: Date.now(),
        code,
        reason: connection.endedFor?.reason ?? null,
        was_behind: standings.some(([, { state }]) => state === 'behind'),
      },
    });
    if (this.#closes.length > KEPT) this.#closes.shift();
  }

  /** Newest first. */
  ofSession(sessionId: string): ClosedSocket[] {
    return this.#told((close) => close.sessionId === sessionId);
  }

  /** Newest first: sockets of the investigation, and those of sessions that followed it. */
  ofChannel(wireName: string): ClosedSocket[] {
    return this.#told(({ channels }) => channels.includes(wireName));
  }

  #told(isAskedFor: (close: Close) => boolean): ClosedSocket[] {
    return this.#closes
      .filter(isAskedFor)
      .slice(-TOLD)
      .map(({ socket }) => socket)
      .reverse();
  }
}
