import type { InvestigationEvent } from '../events.ts';
import type { Session } from '../session.ts';
import type { Subscription, SubscriptionItem } from '../subscription.ts';
import { Store } from './store.ts';

export interface InvestigationState {
  /** Oldest first, the newest of them if there are too many. */
  readonly events: readonly SubscriptionItem[];
  /** The newest event of each kind: `progress`, `anomaly`, … */
  readonly latest: ReadonlyMap<string, InvestigationEvent>;
  /** The server has confirmed the subscription on the current connection. */
  readonly isLive: boolean;
  /** Where `events` end: kept with them, it is the `since` of a later page. */
  readonly cursor: string | undefined;
  /** Why there will be no more. */
  readonly error: unknown;
}

export interface InvestigationOptions {
  readonly since?: string;
  /** So many events are kept, 1,000 by default. */
  readonly limit?: number;
}

/** The events of one investigation, kept as components want to show them. */
export class FollowedInvestigation extends Store<InvestigationState> {
  readonly #session: Session;
  readonly #id: string;
  readonly #limit: number;

  constructor(session: Session, id: string, { since, limit = 1_000 }: InvestigationOptions) {
    super({ events: [], latest: new Map(), isLive: false, cursor: since, error: undefined });
    this.#session = session;
    this.#id = id;
    this.#limit = limit;
  }

  protected override start(): () => void {
    const { cursor } = this.getSnapshot();
    const subscription = this.#session.subscribe(this.#id, cursor === undefined ? {} : { since: cursor });
    const showLive = (): void => {
      if (this.getSnapshot().isLive !== subscription.isLive) this.set({ isLive: subscription.isLive });
    };
    const stops = [this.#session.on('subscribed', showLive), this.#session.on('status', showLive)];
    void this.#read(subscription);
    return () => {
      for (const stop of stops) stop();
      subscription.close();
    };
  }

  async #read(subscription: Subscription): Promise<void> {
    try {
      for await (const item of subscription) this.#add(item);
    } catch (error) {
      this.set({ error, isLive: false });
    }
  }

  #add(item: SubscriptionItem): void {
    const { events, latest, cursor } = this.getSnapshot();
    const kept = [...events.slice(-this.#limit + 1), item];
    if (item.type === 'gap') this.set({ events: kept });
    else {
      this.set({
        events: kept,
        latest: new Map(latest).set(kindOf(item), item),
        cursor: item.cursor ?? cursor,
      });
    }
  }
}

function kindOf(event: InvestigationEvent): string {
  return event.type === 'anomaly_detected' ? 'anomaly' : event.type.slice('investigation_'.length);
}
