import type { PastEvent } from './events.ts';

export interface HistoryOptions {
  /** From an earlier page: what came before that one. */
  readonly before?: string;
  /** 1 to 200; 50 by default. */
  readonly limit?: number;
}

export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly PastEvent[];
  readonly before: string | undefined;
  /** Whether there is more before it. */
  readonly more: boolean;
}
