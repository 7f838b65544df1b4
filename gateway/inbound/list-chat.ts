import type { SessionState } from '../../shared/bus-protocol/session-state.ts';
import type { GatewayEvents } from '../events.ts';
import type { Session } from '../session/session.ts';
import type { SessionStore } from '../session/session-store.ts';

/** History reaches back this many chats of a session; the record stays small. */
const MAX_LISTED_CHATS = 500;

/**
 * Notes in the session's record that a chat of this id exists, or is about to: history finds it there. A
 * listed chat that never came to be is skipped when it is read.
 */
export async function listChat(
  store: SessionStore,
  session: Session,
  requestId: string,
  events: GatewayEvents,
): Promise<void> {
  const from = session.channel.position.base;
  const list = (state: SessionState): SessionState => {
    if (state.chats.some(([listed]) => listed === requestId)) return state;
    const listed: SessionState['chats'] = [...state.chats, [requestId, from]];
    return { ...state, chats: listed.slice(-MAX_LISTED_CHATS) };
  };
  try {
    session.apply(await store.update(session.id, list, session.stored));
  } catch (error) {
    // The chat itself does not depend on it, and whoever sees it next lists it again.
    events.stateFailed(session.id, error);
  }
}
