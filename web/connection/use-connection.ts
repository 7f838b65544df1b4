import { useLayoutEffect, useState } from 'preact/hooks';
import type { Session, Status } from '../../client/index.ts';

const PING_EVERY_MS = 10_000;

export interface ConnectionFacts {
  readonly status: Status;
  readonly isOffline: boolean;
  /** Connections of this page after its first. */
  readonly reconnects: number;
  /** Events that were stored before the current connection was made, and came after it. */
  readonly resumedEvents: number;
  readonly roundTripMs: number | undefined;
  /** Sockets in the session, this one included. */
  readonly participants: number;
}

/** How the session's connection does, for people to see. */
export function useConnection(session: Session): ConnectionFacts {
  const [facts, setFacts] = useState<ConnectionFacts>(() => ({
    status: session.status,
    isOffline: !navigator.onLine,
    reconnects: 0,
    resumedEvents: 0,
    roundTripMs: session.roundTripMs,
    participants: 0,
  }));
  // Before anything can come: the socket is opened by what made the session, in this same task.
  useLayoutEffect(() => {
    const change = (made: (before: ConnectionFacts) => Partial<ConnectionFacts>): void => {
      setFacts((before) => ({ ...before, ...made(before) }));
    };
    let connections = 0;
    /** By the server's clock, as the events' own times. */
    let connectedAtMs = Number.POSITIVE_INFINITY;
    const network = (): void => {
      change(() => ({ isOffline: !navigator.onLine }));
    };
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') session.ping();
    }, PING_EVERY_MS);
    addEventListener('online', network);
    addEventListener('offline', network);
    const stops = [
      session.on('status', (status) => {
        if (status.state === 'connected') connections += 1;
        change(() => ({ status, reconnects: Math.max(0, connections - 1) }));
      }),
      session.on('connection', ({ timestamp }) => {
        connectedAtMs = Date.parse(timestamp);
      }),
      session.on('pong', () => {
        change(() => ({ roundTripMs: session.roundTripMs }));
      }),
      session.on('presence', () => {
        change(() => ({ participants: connectionsIn(session) }));
      }),
      session.on('event', ({ cursor, timestamp }) => {
        if (cursor === undefined || !(Date.parse(timestamp) < connectedAtMs)) return;
        change(({ resumedEvents }) => ({ resumedEvents: resumedEvents + 1 }));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      clearInterval(timer);
      removeEventListener('online', network);
      removeEventListener('offline', network);
    };
  }, [session]);
  return facts;
}

function connectionsIn(session: Session): number {
  return session.participants.reduce((sum, { connections }) => sum + connections, 0);
}
