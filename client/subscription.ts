import type { Gap, InvestigationEvent } from './events.ts';

export interface SubscriptionOptions {
  /** The last cursor of this investigation the application has: what came after it comes first. */
  readonly since?: string;
  /** Aborting closes it, as leaving the loop does. */
  readonly signal?: AbortSignal;
  /**
   * So many events wait for a slow reader at most, 1,000 by default. One that is full is not sent more: what
   * it missed is read from the server when it has caught up.
   */
  readonly limit?: number;
}

/** A hole, where there is one, stands where the missing events would have been. */
export type SubscriptionItem = InvestigationEvent | Gap;

/** The events of one investigation, once each and in order, over any number of connections. */
export interface Subscription extends AsyncIterable<SubscriptionItem> {
  readonly investigationId: string;
  /** The server has confirmed it on the current connection. */
  readonly isLive: boolean;
  /** Where it stands; to be given back as `since`. */
  readonly cursor: string | undefined;
  /** Stops reading here. The session stays subscribed, for its other tabs. */
  close(): void;
  /** Ends the subscription of the whole session, in every tab. */
  unsubscribe(): void;
}
