import type { GatewayFigures } from './metrics.ts';
import type { InvestigationChannels } from './outbound/investigation-channels.ts';
import type { Doorway } from './session/doorway.ts';
import type { Sessions } from './session/sessions.ts';

/** What is counted only when somebody asks. */
export function figuresOf(
  doorway: Doorway,
  sessions: Sessions,
  investigations: InvestigationChannels,
): GatewayFigures {
  return {
    bufferedBytes: () => sum(doorway.connections, ({ waitingBytes }) => waitingBytes),
    runningChats: () => sum(sessions, ({ runningChats }) => runningChats.size),
    sessions: () => sessions.size,
    investigations: () => investigations.size,
  };
}

function sum<Item>(items: Iterable<Item>, of: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
