import { setTimeout as delay } from 'node:timers/promises';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { PlainNats } from '../../shared/bus/plain-nats.ts';
import type { ScriptedEvent } from './script-of-audit.ts';

/** So that it looks like work: some steps take up to twice as long as others. */
const UNEVENNESS = 0.35;

/**
 * Publishes the events one by one, plain NATS messages as any service sends them.
 *
 * @param durationMs of the whole play
 * @param signal ends it early, as an error
 */
export async function playAudit(
  nats: PlainNats,
  investigationId: string,
  script: readonly ScriptedEvent[],
  { durationMs, signal }: { readonly durationMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const pauseMs = durationMs / Math.max(1, script.length);
  for (const [index, { kind, body }] of script.entries()) {
    signal.throwIfAborted();
    nats.publish(subjects.investigationEvent(investigationId, kind), JSON.stringify(body));
    await delay(pauseMs * (1 + UNEVENNESS * Math.sin(index * 2.4)), undefined, { signal });
  }
  await nats.flush();
}
