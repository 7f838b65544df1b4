import { setTimeout as delay } from 'node:timers/promises';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type { Connection } from './connection.ts';

const STEP_MS = 50;

/** Sends sockets away evenly over the given time, so that their return elsewhere is no storm. */
export async function drainConnections(connections: ReadonlySet<Connection>, overMs: number): Promise<void> {
  const startedAt = performance.now();
  const leaving = [...connections];
  for (const [index, connection] of leaving.entries()) {
    const early = startedAt + (index / leaving.length) * overMs - performance.now();
    // Those who have left by themselves are not waited for.
    if (early > STEP_MS && connections.size > 0) await delay(early);
    connection.close(CloseReason.goingAway);
  }
}
