// Made from shared/socket-protocol/server-events.ts, so that the client needs no schema library. Make it anew with
// npx vitest run test/unit/client/protocol-types.test.ts -u

/** The `data` of every event the server sends, by its `type`. */
export interface ServerEventData {
  readonly connection: {
    readonly status: 'connected';
    readonly session_id: string;
    readonly message: 'Conectado ao Cidadão.AI em tempo real';
    readonly cursor: string;
    readonly recovered?: boolean;
  };
  readonly chat_accepted: {
    readonly request_id: string;
    readonly role: 'user';
    readonly message: string;
    readonly user?: { readonly id: string; readonly name?: string };
    readonly duplicate?: true;
  };
  readonly typing: { readonly agent: 'processing'; readonly isTyping: true; readonly request_id: string };
  readonly chat: {
    readonly role: 'assistant';
    readonly content: string;
    readonly agent_id: string;
    readonly agent_name: string;
    readonly chunk: true;
    readonly request_id: string;
    readonly chunk_index: number;
  };
  readonly chat_restart: { readonly request_id: string; readonly attempt: number };
  readonly chat_complete: {
    readonly status: 'completed' | 'cancelled';
    readonly request_id: string;
    readonly agent_id: string | null;
    readonly agent_name: string | null;
    readonly content: string;
    readonly is_complete: true;
  };
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly request_id?: string;
    readonly retryable?: boolean;
    readonly retry_after_ms?: number;
  };
  readonly queued: { readonly request_id: string; readonly position: number };
  readonly subscribed: {
    readonly investigation_id: string;
    readonly message: string;
    readonly cursor: string;
    readonly recovered?: boolean;
  };
  readonly unsubscribed: { readonly investigation_id: string };
  readonly anomaly_detected: {
    readonly investigation_id: string;
    readonly severity: unknown;
    readonly description: unknown;
    readonly details: Readonly<Record<string, unknown>>;
  };
  readonly notification: Readonly<Record<string, unknown>>;
  readonly presence: {
    readonly participants: readonly {
      readonly user: { readonly id: string; readonly name?: string } | null;
      readonly connections: number;
    }[];
    readonly joined?: readonly ({ readonly id: string; readonly name?: string } | null)[];
    readonly left?: readonly ({ readonly id: string; readonly name?: string } | null)[];
  };
  readonly heartbeat: { readonly investigation_id: string };
  readonly history: {
    readonly events: readonly Readonly<Record<string, unknown>>[];
    readonly before?: string;
    readonly more: boolean;
  };
  readonly authenticated: { readonly expires_at: string };
  readonly pong: Readonly<Record<string, never>>;
}
