import { setTimeout as delay } from 'node:timers/promises';
import { EventEmitter, once } from 'node:events';
import WebSocket from 'ws';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { parseServerFrame, type ServerFrame } from '../../support/server-frame.ts';
import { Journal } from './journal.ts';
import { OpenRequests } from './open-requests.ts';

const PING_MS = 1_000;
const DEAF_MS = 4_000;
const OPEN_MS = 4_000;
/** Names whose a text is: see the trial's markers. */
const MARKER = /@([A-Za-z0-9_-]+)@/g;

export interface ClientOptions {
  readonly name: string;
  /** `/ws/chat/<id>` or `/ws/investigations/<id>`. */
  readonly path: string;
  /** The channel of the socket itself: `session` or `investigation.<id>`. */
  readonly channel: string;
  /** Ports to connect to, the next one after each failure. */
  readonly ports: readonly number[];
  readonly first: number;
  /** Where it begins on its own channel, if it was there before. */
  readonly since?: string | undefined;
  readonly token?: string | undefined;
  readonly subscriptions: readonly string[];
  /** Markers it may be shown begin with one of these. */
  readonly mayRead: readonly string[];
  readonly random: SeededRandom;
  /** Nothing heard for so long, not even an answer to a ping: the connection is dead. */
  readonly deafMs?: number;
}

/**
 * A client as the contract wants it: it keeps a cursor with every event, comes back with it to any gateway,
 * and sends again under the same id whatever it does not know to be accepted.
 */
export class ContractClient {
  readonly journal = new Journal();
  readonly name: string;
  readonly #options: ClientOptions;
  readonly #cursors = new Map<string, string>();
  readonly #events = new EventEmitter<{ changed: [] }>();
  readonly #requests: OpenRequests;
  readonly #ended: Promise<void>;
  readonly #stopping = new AbortController();
  /** Channels of investigations that were confirmed on this connection. */
  readonly #subscribed = new Set<string>();
  #socket: WebSocket | undefined;
  #welcomed = false;
  #connections = 0;
  #heardAtMs = 0;

  constructor(options: ClientOptions) {
    this.name = options.name;
    this.#options = options;
    if (options.since !== undefined) this.#start(options.channel, options.since);
    this.#requests = new OpenRequests((message) => this.#send(message));
    this.#events.setMaxListeners(0);
    this.#ended = this.#run();
  }

  /** The last cursor it has of a channel. */
  cursor(channel: string): string | undefined {
    return this.#cursors.get(channel);
  }

  /** How often it connected, or tried to. */
  get connections(): number {
    return this.#connections;
  }

  /** Connected, and everything it follows is confirmed. */
  get isSettled(): boolean {
    return this.#welcomed && this.#subscribed.size === this.#options.subscriptions.length;
  }

  /** Asks under this id until it is known to be accepted; several times at once if told to. */
  ask(requestId: string, message: string, copies = 1): void {
    this.#requests.ask(requestId, message, copies);
  }

  /** Wants the chat to end, until it has. */
  cancel(requestId: string): void {
    this.#requests.cancel(requestId);
  }

  /** Cuts the connection; it comes back by itself. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Resolves when `isTrue`, looked at after every frame and every change of the connection. */
  async until(isTrue: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isTrue()) await once(this.#events, 'changed', { signal });
  }

  /** Everything that was on its way to a client without faults has come. */
  async flushed(signal: AbortSignal): Promise<void> {
    await this.until(() => this.isSettled, signal);
    const { pongs } = this;
    const connection = this.#connections;
    this.#send({ type: 'ping' });
    await this.until(() => this.pongs > pongs || this.#connections !== connection, signal);
    if (this.#connections !== connection) await this.flushed(signal);
  }

  /** Answers to its pings so far. */
  pongs = 0;
  /** When each of its connections ended. */
  readonly closedAtMs: number[] = [];

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#socket?.close(1000);
    const cut = setTimeout(() => this.#socket?.terminate(), 1_000);
    await this.#ended;
    clearTimeout(cut);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = this.#options.first; ; attempt += 1) {
      if (signal.aborted) return;
      const port = this.#options.ports[attempt % this.#options.ports.length] ?? 0;
      await this.#connectTo(port);
      this.#events.emit('changed');
      await delay(this.#options.random.between(20, 250));
    }
  }

  /** One connection from its beginning to its end. */
  async #connectTo(port: number): Promise<void> {
    const { channel, path, token } = this.#options;
    const since = this.#cursors.get(channel);
    const query = new URLSearchParams({
      ...(since === undefined ? {} : { since }),
      ...(token === undefined ? {} : { token }),
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?${query.toString()}`, ['cidadao.v1'], {
      perMessageDeflate: false,
      handshakeTimeout: OPEN_MS,
    });
    this.#socket = socket;
    this.#connections += 1;
    this.#welcomed = false;
    this.#subscribed.clear();
    this.#heardAtMs = performance.now();
    const closed = new Promise<string>((resolve) => {
      socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
    });
    socket.on('error', (error) => this.journal.note(`error ${error.message}`));
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) this.journal.violate('a binary frame');
      else if (this.#socket === socket) this.#hear(data.toString(), since !== undefined);
    });
    const ping = setInterval(() => this.#keepAlive(socket), PING_MS);
    this.journal.note(`connects to ${port} since ${since ?? 'now'}`);
    this.journal.note(`closed ${await closed}`);
    this.closedAtMs.push(performance.now());
    clearInterval(ping);
    this.#welcomed = false;
  }

  #keepAlive(socket: WebSocket): void {
    if (performance.now() - this.#heardAtMs > (this.#options.deafMs ?? DEAF_MS)) socket.terminate();
    else if (this.#welcomed) this.#send({ type: 'ping' });
  }

  #send(message: object): void {
    if (this.#welcomed && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  #hear(text: string, resumed: boolean): void {
    this.#heardAtMs = performance.now();
    for (const [, marker = ''] of text.matchAll(MARKER)) {
      const isMine = this.#options.mayRead.some((prefix) => marker.startsWith(prefix));
      if (!isMine) this.journal.violate(`was shown ${marker} (I8)`);
    }
    try {
      this.#take(parseServerFrame(text), resumed);
    } catch (error) {
      this.journal.violate(`${String(error)}: ${error instanceof Error ? String(error.cause) : ''}`);
    }
    this.#events.emit('changed');
  }

  #take(frame: ServerFrame, resumed: boolean): void {
    const { type, data, id, channel, cursor } = frame;
    if (channel !== undefined && cursor !== undefined) {
      this.#keep(frame, channel, cursor);
      return;
    }
    if (type === 'pong') this.pongs += 1;
    else if (type === 'connection') this.#welcome(data, resumed);
    else if (type === 'subscribed') this.#confirm(data);
    else if (type === 'error' && data['code'] !== 'CHAT_FAILED') this.#fail(data);
    else if (type !== 'typing' && type !== 'heartbeat') {
      if (type === 'chat_accepted') this.#requests.accepted(String(data['request_id']));
      this.journal.repeats.push({ type, id, data });
      this.journal.note(`${type} ${JSON.stringify(data).slice(0, 200)}`);
    }
  }

  #keep({ type, data, id }: ServerFrame, channel: string, cursor: string): void {
    // What comes of an investigation before `subscribed` is for sockets that have no place there yet.
    if (channel !== this.#options.channel && !this.#subscribed.has(channel)) return;
    this.#cursors.set(channel, cursor);
    this.journal.add({ channel, id, type, data, cursor, atMs: performance.now() });
    if (channel === 'session') this.#requests.heard(type, String(data['request_id']));
  }

  #welcome(data: ServerFrame['data'], resumed: boolean): void {
    if (resumed && data['recovered'] !== true) this.journal.violate('was not recovered');
    this.#welcomed = true;
    this.#start(this.#options.channel, String(data['cursor']));
    this.journal.note(`welcomed at ${String(data['cursor'])}`);
    for (const id of this.#options.subscriptions) this.#subscribe(id);
    this.#requests.sendAll();
  }

  #subscribe(id: string): void {
    const since = this.#cursors.get(`investigation.${id}`);
    const place = since === undefined ? {} : { since };
    this.#send({ type: 'subscribe', data: { investigation_id: id, ...place } });
  }

  #confirm(data: ServerFrame['data']): void {
    const channel = `investigation.${String(data['investigation_id'])}`;
    if (this.#cursors.has(channel) && data['recovered'] !== true) {
      this.journal.violate(`was not recovered on ${channel}`);
    }
    this.#subscribed.add(channel);
    this.#start(channel, String(data['cursor']));
    this.journal.note(`subscribed to ${channel} at ${String(data['cursor'])}`);
  }

  #fail(data: ServerFrame['data']): void {
    const { code, request_id: requestId } = data;
    this.journal.note(`error ${JSON.stringify(data)}`);
    if (code === 'NOT_FOUND' && typeof requestId === 'string') return;
    if (code !== 'UNAVAILABLE' && code !== 'LIMIT') this.journal.violate(`error ${String(code)}`);
    const connection = this.#connections;
    setTimeout(() => {
      if (this.#connections !== connection || !this.#welcomed) return;
      if (typeof requestId === 'string') {
        this.#requests.send(requestId);
        return;
      }
      // It was a subscription. Asked for once more only: each `subscribed` begins its channel anew.
      for (const id of this.#options.subscriptions) {
        if (!this.#subscribed.has(`investigation.${id}`)) this.#subscribe(id);
      }
    }, 250);
  }

  #start(channel: string, cursor: string): void {
    if (this.#cursors.has(channel)) return;
    this.#cursors.set(channel, cursor);
    this.journal.startedAt.set(channel, cursor);
  }
}
