import type { WorkerTurn } from '../../shared/bus-protocol/inspection.ts';
import type { QueueItem } from '../../shared/bus/bus.ts';

/** Of the turns that have ended the last are remembered. */
const KEPT = 500;
/** A busy session's are told up to here. */
const TOLD = 20;

/** One turn of this worker at one chat, as it goes. */
export type Turn = { -readonly [Key in keyof WorkerTurn]: WorkerTurn[Key] };

/** A turn that has just begun. */
export function newTurn(
  item: Pick<QueueItem, 'storedAtMs' | 'deliveryCount'>,
  { sessionId, requestId }: { readonly sessionId: string; readonly requestId: string },
): Turn {
  const now = Date.now();
  return {
    session_id: sessionId,
    request_id: requestId,
    taken_at_ms: now,
    waited_ms: Math.max(0, now - item.storedAtMs),
    delivery: item.deliveryCount,
    attempt: null,
    agent: null,
    first_chunk_at_ms: null,
    chunks: 0,
    outcome: null,
    ended_at_ms: null,
  };
}

/** What this worker has done lately, for operators who ask. */
export class Turns {
  readonly #running = new Set<Turn>();
  readonly #ended: Turn[] = [];

  begin(turn: Turn): void {
    this.#running.add(turn);
  }

  end(turn: Turn): void {
    turn.ended_at_ms = Date.now();
    this.#running.delete(turn);
    this.#ended.push(turn);
    if (this.#ended.length > KEPT) this.#ended.shift();
  }

  /** Those at chats of a session, or at one chat: running ones, then newest first. */
  of(sessionId: string | undefined, requestId: string | undefined): Turn[] {
    const isAskedFor = (turn: Turn): boolean =>
      (sessionId === undefined || turn.session_id === sessionId) &&
      (requestId === undefined || turn.request_id === requestId);
    const running = [...this.#running].filter(isAskedFor);
    return [...running, ...this.#ended.filter(isAskedFor).reverse()].slice(0, TOLD);
  }
}
