import type { ClientError } from './errors.ts';
import type { Gap, InvestigationEvent } from './events.ts';
import { Feed } from './feed.ts';
import { Follow, type Reader } from './follow.ts';
import type { RequestLane } from './request-lane.ts';
import type { Subscription, SubscriptionItem, SubscriptionOptions } from './subscription.ts';

const DEFAULT_LIMIT = 1_000;

/** The investigations a client follows, over any number of sockets. */
export class Investigations {
  readonly #lane: RequestLane;
  readonly #gap: (gap: Gap) => void;
  /** By channel. */
  readonly #follows = new Map<string, Follow>();

  constructor(lane: RequestLane, gap: (gap: Gap) => void) {
    this.#lane = lane;
    this.#gap = gap;
  }

  /** One more reader. `since` counts for the first of an investigation: the others join where that one is. */
  subscribe(investigationId: string, { since, signal, limit }: SubscriptionOptions = {}): Subscription {
    const follow = this.#followOf(investigationId, since);
    const close = (): void => {
      signal?.removeEventListener('abort', close);
      this.#leave(follow, reader);
      feed.end();
    };
    const feed = new Feed<SubscriptionItem>(() => {
      this.#resume(follow);
    }, close);
    const reader = { feed, limit: limit ?? DEFAULT_LIMIT };
    follow.readers.add(reader);
    if (!follow.isLive && !follow.isPaused) this.#lane.add(follow.request);
    if (signal?.aborted === true) close();
    else signal?.addEventListener('abort', close);
    return {
      investigationId,
      get isLive() {
        return follow.isLive;
      },
      get cursor() {
        return follow.cursor;
      },
      close,
      unsubscribe: () => {
        this.#unsubscribe(follow, investigationId);
      },
      [Symbol.asyncIterator]: () => feed,
    };
  }

  /** A new socket: what the session is subscribed to flows already, and counts from `subscribed` on. */
  welcomed(): void {
    for (const follow of this.#follows.values()) {
      follow.isLive = false;
      if (!follow.isPaused) this.#lane.add(follow.request);
    }
  }

  lost(): void {
    for (const follow of this.#follows.values()) follow.isLive = false;
  }

  /** Whether the event counts: always, for an investigation that only other tabs follow. */
  event(event: InvestigationEvent): boolean {
    return this.#follows.get(event.channel ?? '')?.take(event) ?? true;
  }

  close(error: ClientError): void {
    for (const follow of this.#follows.values()) this.#end(follow, error);
  }

  #followOf(id: string, since: string | undefined): Follow {
    const channel = `investigation.${id}`;
    const known = this.#follows.get(channel);
    if (known !== undefined) return known;
    const follow = new Follow(id, since, this.#gap, (error) => {
      this.#end(follow, error);
    });
    this.#follows.set(channel, follow);
    return follow;
  }

  #resume(follow: Follow): void {
    if (follow.resumes()) this.#lane.add(follow.request);
  }

  #leave(follow: Follow, reader: Reader): void {
    follow.readers.delete(reader);
    if (follow.readers.size === 0) this.#forget(follow);
    else this.#resume(follow);
  }

  #unsubscribe(follow: Follow, id: string): void {
    if (this.#follows.get(follow.channel) !== follow) return;
    this.#end(follow);
    this.#lane.add({
      frame: () => ({ type: 'unsubscribe', data: { investigation_id: id } }),
      answeredBy: ({ type, data }) => type === 'unsubscribed' && data.investigation_id === id,
      failed: () => undefined, // It ends with the session's last socket, a day later.
    });
  }

  #end(follow: Follow, error?: ClientError): void {
    this.#forget(follow);
    for (const { feed } of follow.readers) feed.end(error);
  }

  #forget(follow: Follow): void {
    follow.isLive = false;
    this.#lane.remove(follow.request);
    if (this.#follows.get(follow.channel) === follow) this.#follows.delete(follow.channel);
  }
}
