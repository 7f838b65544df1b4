/** What is used of a WebSocket: browsers', Node's and that of `ws` all fit. */
export interface WebSocketLike {
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
  /** Ends it without waiting for the other side, where the platform can. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** The platform's own, where there is one: browsers, Node 22 and later. */
export function defaultWebSocket(): WebSocketConstructor {
  if (typeof WebSocket === 'undefined') {
    throw new TypeError('No WebSocket here: pass one, such as that of the package "ws".');
  }
  return WebSocket;
}

/** Where a session's socket is. The base may be relative to the page, and HTTP or WebSocket. */
export function chatUrl(base: string, sessionId: string): URL {
  const url = new URL(base, typeof location === 'undefined' ? undefined : location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = `${url.pathname.replace(/\/$/, '')}/ws/chat/${sessionId}`;
  return url;
}
