import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { sessionState, type SessionState } from '../../shared/bus-protocol/session-state.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus } from '../../shared/bus/bus.ts';

const MARK: keyof SessionState = 'forgotten_at';

/**
 * Whether a session was erased after one of its chats was queued: nothing of that chat is to be written any
 * more. Asked of the leader.
 * @throws UnavailableError
 */
export async function wasErasedSince(
  bus: Pick<Bus, 'lastOf'>,
  sessionId: string,
  queuedAtMs: number,
): Promise<boolean> {
  const record = await bus.lastOf('SESSION_STATE', subjects.sessionState(sessionId));
  // Most sessions were never erased, and the record of a long one is dear to parse.
  if (record === undefined || !Buffer.from(record.data).includes(`"${MARK}"`)) return false;
  const state = sessionState.safeParse(parsePayload(record.data)).data;
  return queuedAtMs <= (state?.forgotten_at ?? 0);
}
