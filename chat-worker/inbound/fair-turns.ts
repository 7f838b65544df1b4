import { parseChatRequestSubject } from '../../shared/bus-protocol/subjects.ts';
import type { QueueItem } from '../../shared/bus/bus.ts';

/** How long a chat steps aside at its first delivery; longer at each later one. */
const STEP_ASIDE_MS = 100;
/** Well below the deliveries after which a chat is given up. */
const MOST_STEPS_ASIDE = 10;

/**
 * Shares one worker's room among sessions. The queue hands chats out in the order they came, so one session
 * with many of them would take all the room there is. Where there is more waiting than room, each session
 * therefore starts one chat until everyone who waits was looked at; its next ones step aside for a moment,
 * which lets the queue deliver what is behind them, and other workers take them. Where there is room for all,
 * nobody waits.
 */
export class FairTurns {
  readonly #served = new Set<string>();

  /** How long the chat has to step aside; 0 when it may start. `room` is what is free, for it and others. */
  waitBefore(item: Pick<QueueItem, 'subject' | 'behind' | 'deliveryCount'>, room: number): number {
    const sessionId = parseChatRequestSubject(item.subject)?.sessionId;
    if (sessionId === undefined) return 0;
    const isContended = item.behind > 0 && item.behind >= room;
    if (!isContended) this.#served.clear();
    if (this.#served.has(sessionId) && item.deliveryCount <= MOST_STEPS_ASIDE) {
      return STEP_ASIDE_MS * item.deliveryCount;
    }
    this.#served.add(sessionId);
    return 0;
  }
}
