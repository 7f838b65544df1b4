/** How the connection stands. */
export type Status =
  | { readonly state: 'connecting'; readonly attempt: number }
  /** `recovered` false: events of the session are missing, see `gap`. Absent on a first connection. */
  | { readonly state: 'connected'; readonly recovered?: boolean }
  | {
      readonly state: 'waiting';
      /** How many connections failed in a row. */
      readonly attempt: number;
      readonly retryInMs: number;
      /** Why the last one ended: the close code and its reason. */
      readonly code: number;
      readonly reason: string;
    }
  /** For good: by `close`, or because the server lets nobody in with this token. */
  | { readonly state: 'closed'; readonly code: number; readonly reason: string };
