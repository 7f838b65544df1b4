import { backoffMs, type BackoffOptions } from './backoff.ts';
import { Credentials, type TokenOptions } from './credentials.ts';
import type { Environment } from './environment.ts';
import { isServerEvent, type NamedEvents, type ServerEvent } from './events.ts';
import type { ClientFrame } from './frames.ts';
import { Liveness, type LivenessOptions } from './liveness.ts';
import type { Status } from './status.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

export interface LinkOptions extends TokenOptions, LivenessOptions {
  readonly backoff?: BackoffOptions;
  /** From the first step of a connection to its welcome, milliseconds; 10,000 by default. */
  readonly connectTimeoutMs?: number;
}

export interface LinkHandlers {
  /** Where a socket opened now starts: undefined for what is new only. */
  since(): string | undefined;
  /** The server takes us without that cursor, and not with it. */
  cursorRefused(): void;
  welcome(event: NamedEvents['connection']): void;
  event(event: ServerEvent): void;
  /** A socket that had its welcome is gone. */
  lost(code: number): void;
  status(status: Status): void;
}

const SUB_PROTOCOL = 'cidadao.v1';
const POLICY = 1008;
/** No close frame: what the platform says of a connection that was cut, and we of one we gave up. */
const CUT = 1006;
/** A connection that held this long was a good one: the next failure starts counting anew. */
const STABLE_MS = 10_000;
/** So many refused tokens in a row and there is no point in asking for more. */
const MAX_REFUSED_TOKENS = 3;
/** After so many failures in a row the cursor is suspected, too, and a connection tried without it. */
const SUSPECT_AFTER = 6;
/** So often in turn let in without the cursor and not with it: the network alone does not do that. */
const MAX_CURSOR_REFUSALS = 3;
const OVERLOADED_ATTEMPT = 3;

/** One connection over any number of sockets: it comes back until it is closed or refused for good. */
export class Link {
  readonly #url: URL;
  readonly #webSocket: WebSocketConstructor;
  readonly #options: LinkOptions;
  readonly #environment: Environment;
  readonly #handlers: LinkHandlers;
  readonly #credentials: Credentials;
  readonly #liveness: Liveness;
  readonly #unwatch: () => void;
  #socket: WebSocketLike | undefined;
  #status: Status = { state: 'connecting', attempt: 0 };
  /** Of the next attempt while waiting, else of the deadline of the current one. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Tells the attempt under way from those given up. */
  #dialing = 0;
  #attempt = 0;
  #refusedTokens = 0;
  #welcomedAtMs: number | undefined;
  /** This attempt only finds out whether one without the cursor is let in. */
  #isProbe = false;
  /** It is, so this attempt finds out whether the cursor is to blame. */
  #isProbed = false;
  #cursorRefusals = 0;
  #pingedAtMs = 0;
  /** Of the last ping, milliseconds. */
  roundTripMs: number | undefined;

  constructor(
    url: URL,
    webSocket: WebSocketConstructor,
    options: LinkOptions,
    environment: Environment,
    handlers: LinkHandlers,
  ) {
    this.#url = url;
    this.#webSocket = webSocket;
    this.#options = options;
    this.#environment = environment;
    this.#handlers = handlers;
    this.#credentials = new Credentials(options, (token) => {
      this.send({ type: 'auth', data: { token } });
    });
    this.#liveness = new Liveness(
      options,
      () => {
        this.#pingedAtMs = performance.now();
        this.send({ type: 'ping' });
      },
      () => {
        this.#lose(CUT, 'no answer to a ping');
      },
    );
    this.#unwatch = environment.watch(() => {
      this.#wake();
    });
  }

  get status(): Status {
    return this.#status;
  }

  /** Writes to the socket. False, and nothing sent, unless its welcome has come. */
  send(frame: ClientFrame): boolean {
    if (this.#welcomedAtMs === undefined || this.#socket === undefined) return false;
    try {
      this.#socket.send(JSON.stringify(frame));
      return true;
    } catch {
      return false; // It is closing: its end is about to be told.
    }
  }

  authenticate(token: string): void {
    this.#credentials.replace(token);
  }

  /** Gives the socket up and comes back with another. */
  drop(reason: string): void {
    if (this.#welcomedAtMs !== undefined) this.#lose(CUT, reason);
  }

  /** Measures the round trip, and whether the socket is alive. */
  ping(): void {
    if (this.#status.state === 'connected') this.#liveness.probe();
  }

  dial(): void {
    this.#release();
    const dialing = this.#dialing;
    this.#timer = setTimeout(() => {
      this.#lose(CUT, 'no welcome in time');
    }, this.#options.connectTimeoutMs ?? 10_000);
    this.#set({ state: 'connecting', attempt: this.#attempt });
    this.#credentials
      .get()
      .then((token) => {
        if (dialing === this.#dialing) this.#open(token);
      })
      .catch((error: unknown) => {
        if (dialing === this.#dialing) this.#lose(CUT, String(error));
      });
  }

  /** Ends it for good. */
  close(code: number, reason: string): void {
    if (this.#status.state === 'closed') return;
    this.#release();
    this.#unwatch();
    this.#set({ state: 'closed', code, reason });
  }

  #open(token: string | undefined): void {
    const url = new URL(this.#url);
    const since = this.#handlers.since();
    const isSuspect = this.#attempt >= SUSPECT_AFTER && this.#attempt % 2 === 0;
    this.#isProbe = since !== undefined && isSuspect && !this.#isProbed;
    if (since !== undefined && !this.#isProbe) url.searchParams.set('since', since);
    const socket = new this.#webSocket(url.href, [
      SUB_PROTOCOL,
      ...(token === undefined ? [] : ['bearer', token]),
    ]);
    this.#socket = socket;
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      this.#received(data);
    };
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
      this.#lose(code, reason);
    };
    socket.onerror = ignore; // The close that follows says it all.
  }

  #received(data: unknown): void {
    let event: unknown;
    try {
      event = JSON.parse(String(data));
    } catch {
      event = undefined;
    }
    if (!isServerEvent(event)) {
      // Whoever mangles frames must not cost one: the next connection reads it again.
      this.#lose(CUT, 'not an event');
      return;
    }
    this.#liveness.heard();
    if (event.type === 'connection') this.#welcomed(event);
    else if (event.type === 'pong') this.roundTripMs = performance.now() - this.#pingedAtMs;
    else if (event.type === 'authenticated') this.#credentials.authenticated(event.data.expires_at);
    if (this.#status.state === 'connected') this.#handlers.event(event);
  }

  #welcomed(event: NamedEvents['connection']): void {
    if (this.#isProbe) {
      // So it is not the network. Once more with the cursor, which is not to be given up without need.
      this.#isProbed = true;
      this.dial();
      return;
    }
    clearTimeout(this.#timer);
    this.#isProbed = false;
    this.#cursorRefusals = 0;
    this.#refusedTokens = 0;
    this.#welcomedAtMs = performance.now();
    this.#liveness.start();
    this.#credentials.start(event.timestamp);
    const { recovered } = event.data;
    this.#set({ state: 'connected', ...(recovered === undefined ? {} : { recovered }) });
    this.#handlers.welcome(event);
    this.ping();
  }

  /** The socket is gone, or as good as gone. */
  #lose(code: number, reason: string): void {
    const welcomedAtMs = this.#welcomedAtMs;
    this.#release(true);
    if (welcomedAtMs !== undefined) {
      if (performance.now() - welcomedAtMs >= STABLE_MS) this.#attempt = 0;
      this.#handlers.lost(code);
    } else if (this.#isProbed) {
      this.#isProbed = false;
      this.#cursorRefusals += 1;
      if (this.#cursorRefusals >= MAX_CURSOR_REFUSALS) this.#handlers.cursorRefused();
    }
    if (this.#isClosed()) return; // By somebody who was told just now.
    if (this.#isFinal(code, reason)) {
      this.close(code, reason);
      return;
    }
    const delayMs = this.#delayMs(code, reason);
    this.#attempt += 1;
    this.#timer = setTimeout(() => {
      this.dial();
    }, delayMs);
    this.#set({ state: 'waiting', attempt: this.#attempt, retryInMs: delayMs, code, reason });
  }

  #isFinal(code: number, reason: string): boolean {
    if (code === 1000) return true;
    if (code !== POLICY || reason === 'Too many errors') return false;
    if (reason !== 'Token expired' && reason !== 'Invalid authentication') return true;
    this.#refusedTokens += 1;
    return !this.#credentials.renewable || this.#refusedTokens >= MAX_REFUSED_TOKENS;
  }

  #delayMs(code: number, reason: string): number {
    const { backoff = {} } = this.#options;
    // Sent away in a spread of its own, or with a token that only has to be replaced: at once, the first time.
    if (this.#attempt === 0 && (code === 1001 || reason === 'Token expired')) return 0;
    if (this.#environment.isIdle()) return backoff.maxMs ?? 20_000;
    return backoffMs(code === 1013 ? Math.max(this.#attempt, OVERLOADED_ATTEMPT) : this.#attempt, backoff);
  }

  /** The page is seen again or the network changed: timers slept meanwhile, so look now. */
  #wake(): void {
    if (this.#status.state === 'waiting' && !this.#environment.isIdle()) this.dial();
    else this.ping();
  }

  /** A method, because handlers change the status in ways the compiler does not see. */
  #isClosed(): boolean {
    return this.#status.state === 'closed';
  }

  /** Lets go of the socket and of everything that waits for it. A lost one is not waited for. */
  #release(isLost = false): void {
    this.#dialing += 1;
    clearTimeout(this.#timer);
    this.#liveness.stop();
    this.#credentials.stop();
    this.#welcomedAtMs = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onmessage = ignore;
    socket.onclose = ignore;
    socket.onerror = ignore;
    if (isLost && socket.terminate !== undefined) socket.terminate();
    else socket.close(1000);
  }

  #set(status: Status): void {
    this.#status = status;
    this.#handlers.status(status);
  }
}

function ignore(): void {
  // Of a socket that was let go: `ws` would throw what nobody hears.
}
