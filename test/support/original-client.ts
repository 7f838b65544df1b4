import WebSocket, { type CloseEvent, type MessageEvent } from 'ws';
import { z } from 'zod';
import { inTime } from './eventually.ts';

const originalMessage = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) });
export type OriginalMessage = z.infer<typeof originalMessage>;

export interface OriginalClientOptions {
  /** `ws://…` of whichever gateway answers: asked at every connect, as behind a load balancer. */
  readonly server: () => string;
  readonly sessionId: string;
  readonly token?: string;
  /** Its 30 seconds, in milliseconds. */
  readonly pingIntervalMs?: number;
  /** What its pauses of 5, 10 and 15 seconds are multiplied by. */
  readonly timeScale?: number;
}

const PING_INTERVAL_MS = 30_000;
const RECONNECT_DELAYS_MS = [5_000, 10_000, 15_000, 15_000, 15_000];

/**
 * Does what the original front end of Cidadão.AI does, and nothing more: offers no sub-protocol, knows no
 * cursor and no close code, comes back only after an unclean end, and never subscribes again.
 */
export class OriginalClient implements AsyncDisposable {
  /** Everything it understood, over all of its connections. */
  readonly messages: OriginalMessage[] = [];
  /** How often it was connected. */
  connections = 0;
  /** Ends it saw, in order. */
  readonly ends: { readonly code: number; readonly wasClean: boolean }[] = [];
  readonly #options: OriginalClientOptions;
  #socket: WebSocket | undefined;
  #attempts = 0;
  #ping: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #disposed = false;
  #announce: () => void = () => undefined;
  #changed = new Promise<void>((resolve) => (this.#announce = resolve));

  constructor(options: OriginalClientOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Whether it waits to connect again. */
  get isReturning(): boolean {
    return this.#reconnect !== undefined;
  }

  chat(content: string, context: Readonly<Record<string, unknown>> = {}): string {
    const id = `msg_${Date.now()}_${Math.random().toString(36).slice(2, 11)}`;
    this.#send({
      type: 'chat',
      data: { content, session_id: this.#options.sessionId, context },
      id,
      timestamp: new Date().toISOString(),
    });
    return id;
  }

  subscribe(investigationId: string): void {
    this.#send({ type: 'subscribe', data: { investigation_id: investigationId } });
  }

  /** Whatever else a page may make it send. */
  raw(text: string): void {
    this.#socket?.send(text);
  }

  /** Waits until what it has seen is as wanted. */
  async until(isWanted: (client: this) => boolean): Promise<void> {
    const wait = async (): Promise<void> => {
      while (!isWanted(this)) await this.#changed;
    };
    await inTime(wait(), () => `the original client saw ${this.messages.map(({ type }) => type).join(', ')}`);
  }

  async message(fits: (message: OriginalMessage) => boolean): Promise<OriginalMessage> {
    await this.until(() => this.messages.some(fits));
    const found = this.messages.find(fits);
    if (found === undefined) throw new Error('it forgot a message');
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#reconnect);
    this.#socket?.terminate();
    await this.until(({ ends }) => ends.length >= this.connections);
  }

  #connect(): void {
    this.#reconnect = undefined;
    const { server, sessionId, token = '' } = this.#options;
    const socket = new WebSocket(
      `${server()}/api/v1/ws/chat/${sessionId}?token=${encodeURIComponent(token)}`,
    );
    this.#socket = socket;
    socket.addEventListener('open', () => this.#opened());
    socket.addEventListener('message', (event) => this.#receive(event));
    socket.addEventListener('close', (event) => this.#closed(event));
    socket.addEventListener('error', () => undefined); // It only logs them.
  }

  #opened(): void {
    this.connections += 1;
    this.#attempts = 0;
    const { pingIntervalMs = PING_INTERVAL_MS } = this.#options;
    this.#ping = setInterval(() => this.#send({ type: 'ping' }), pingIntervalMs);
    this.#tell();
  }

  #receive({ data }: MessageEvent): void {
    if (typeof data !== 'string') return;
    this.messages.push(originalMessage.parse(JSON.parse(data)));
    this.#tell();
  }

  #closed({ code, wasClean }: CloseEvent): void {
    clearInterval(this.#ping);
    this.ends.push({ code, wasClean });
    const delayMs = RECONNECT_DELAYS_MS[this.#attempts];
    if (!wasClean && !this.#disposed && delayMs !== undefined) {
      this.#attempts += 1;
      const { timeScale = 1 } = this.#options;
      this.#reconnect = setTimeout(() => this.#connect(), delayMs * timeScale);
    }
    this.#tell();
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #tell(): void {
    this.#announce();
    this.#changed = new Promise((resolve) => (this.#announce = resolve));
  }
}
