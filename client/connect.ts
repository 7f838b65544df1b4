import { pageEnvironment } from './environment.ts';
import { assertIdentifier } from './identifiers.ts';
import { Session, type SessionOptions } from './session.ts';
import { chatUrl, defaultWebSocket, type WebSocketConstructor } from './web-socket.ts';

export interface ConnectOptions extends SessionOptions {
  /** Of the gateway, HTTP or WebSocket, with a prefix if there is one; may be relative to the page. */
  readonly url: string;
  /** Node 20 has none of its own: give the one of `ws`. */
  readonly WebSocket?: WebSocketConstructor;
}

/**
 * Opens a session and keeps it open until `close`: it comes back by itself, where it was.
 * @throws ClientError `INVALID_ID`
 * @throws TypeError when the URL is none, or there is no WebSocket
 */
export function connect(options: ConnectOptions): Session {
  assertIdentifier(options.sessionId);
  const webSocket = options.WebSocket ?? defaultWebSocket();
  return new Session(chatUrl(options.url, options.sessionId), webSocket, options, pageEnvironment);
}
