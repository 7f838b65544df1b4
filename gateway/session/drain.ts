import { setTimeout as delay } from 'node:timers/promises';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { Connection } from './connection.ts';

const STEP_MS = 50;

/** Sends sockets away evenly over the given time, so that their return elsewhere is no storm. */
export async function drainConnections(connections: ReadonlySet<Connection>, overMs: number): Promise<void> {
  const startedAt = performance.now();
  const total = connections.size;
  let sent = 0;
  for (const connection of [...connections]) {
    connection.close(CloseReason.goingAway);
    sent += 1;
    const dueAt = startedAt + (sent / total) * overMs;
    const early = dueAt - performance.now();
    if (early > STEP_MS) await delay(early);
  }
}
