import type { AcceptedEvent } from './chat-log.ts';

/** What is asked, once the payload was read. */
export interface RequestedChat {
  readonly accepted: AcceptedEvent;
  readonly agentId: string | undefined;
  /** Investigations the session was subscribed to, oldest first. */
  readonly subscriptions: readonly string[];
  /** Investigations the asker's token names, `"*"` for all. */
  readonly allowedInvestigations: readonly string[];
}

/** One chat as the queue delivered it. */
export interface QueuedChat {
  readonly sessionId: string;
  readonly requestId: string;
  /** Its place in the queue, the same at every delivery. */
  readonly item: number;
  readonly deliveryCount: number;
  /** How long it was in the queue when it was taken. */
  readonly waitedMs: number;
  /** The payload, read when first asked for; undefined when it can't be. */
  request(): RequestedChat | undefined;
}
