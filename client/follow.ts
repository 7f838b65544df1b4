import type { ClientError } from './errors.ts';
import type { Gap, InvestigationEvent } from './events.ts';
import type { Feed } from './feed.ts';
import type { Request } from './request-lane.ts';
import type { SubscriptionItem } from './subscription.ts';

/** One loop over the events of an investigation. */
export interface Reader {
  readonly feed: Feed<SubscriptionItem>;
  readonly limit: number;
}

/** One investigation this client follows: one place in its channel, any number of readers. */
export class Follow {
  readonly channel: string;
  readonly readers = new Set<Reader>();
  /** Joins the channel where this stands. */
  readonly request: Request;
  cursor: string | undefined;
  /** `subscribed` came on this socket: only from there on its events, and their cursors, count. */
  isLive = false;
  #isPaused = false;
  readonly #gap: (gap: Gap) => void;

  constructor(
    id: string,
    since: string | undefined,
    gap: (gap: Gap) => void,
    failed: (error: ClientError) => void,
  ) {
    this.channel = `investigation.${id}`;
    this.cursor = since;
    this.#gap = gap;
    this.request = {
      frame: () => ({
        type: 'subscribe',
        data: { investigation_id: id, ...(this.cursor === undefined ? {} : { since: this.cursor }) },
      }),
      answeredBy: (event) => {
        if (event.type !== 'subscribed' || event.data.investigation_id !== id) return false;
        this.#joined(event.data);
        return true;
      },
      failed,
    };
  }

  /** A reader is full: nothing is taken until it has read, and then from where this stopped. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether the event counts. */
  take(event: InvestigationEvent): boolean {
    if (!this.isLive) return false;
    this.cursor = event.cursor ?? this.cursor;
    this.#push(event);
    return true;
  }

  /** Whether there is room again, so that the channel has to be joined again. */
  resumes(): boolean {
    if (!this.#isPaused || [...this.readers].some(isHalfFull)) return false;
    this.#isPaused = false;
    return true;
  }

  #joined({ cursor, recovered }: { readonly cursor: string; readonly recovered?: boolean }): void {
    this.isLive = !this.#isPaused;
    this.cursor = cursor;
    if (recovered !== false) return;
    const gap: Gap = { type: 'gap', channel: this.channel, reason: 'unrecovered' };
    this.#push(gap);
    this.#gap(gap);
  }

  #push(item: SubscriptionItem): void {
    for (const { feed, limit } of this.readers) {
      feed.push(item);
      if (feed.size < limit) continue;
      if (feed.isRead) this.#isPaused = true;
      // Nobody reads it yet, perhaps never will: it must not hold up the others.
      else feed.dropOldest({ type: 'gap', channel: this.channel, reason: 'overflow' });
    }
    if (this.#isPaused) this.isLive = false;
  }
}

function isHalfFull({ feed, limit }: Reader): boolean {
  return feed.isRead && feed.size > limit / 2;
}
