/** What this client sends; the server's schemas check it in a test of types. */
export type ClientFrame =
  | { type: 'chat'; id: string; data: { message: string; agent_id?: string } }
  | { type: 'cancel'; data: { request_id: string } }
  | { type: 'subscribe'; data: { investigation_id: string; since?: string } }
  | { type: 'unsubscribe'; data: { investigation_id: string } }
  | { type: 'history'; data: { before?: string; limit?: number } }
  | { type: 'auth'; data: { token: string } }
  | { type: 'ping' };

/** Writes one frame to the open socket. False when there is none: nothing was sent. */
export type Send = (frame: ClientFrame) => boolean;
