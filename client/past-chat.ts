import type { PastEvent } from './events.ts';
import type { HistoryOptions, HistoryPage } from './history.ts';

const PAGE_EVENTS = 200;

/**
 * Beginning and end of one chat, from the newest page of the history back; empty when the session has none of
 * that id. An end without its beginning is all there is when that is no longer kept.
 */
export async function findPastChat(
  history: (options: HistoryOptions) => Promise<HistoryPage>,
  requestId: string,
): Promise<readonly PastEvent[]> {
  let found: PastEvent[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await history({ limit: PAGE_EVENTS, ...(before === undefined ? {} : { before }) });
    found = [...page.events.filter((event) => event.data['request_id'] === requestId), ...found];
    before = page.before;
    if (!page.more || before === undefined || found.some(({ type }) => type === 'chat_accepted'))
      return found;
  }
}
