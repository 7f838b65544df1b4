import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { inTime } from './eventually.ts';
import { parseServerFrame, type ServerFrame } from './server-frame.ts';

export interface SseOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** One event as it stood in the stream: the frame in its data, checked, and its id. */
export interface SseEvent extends ServerFrame {
  readonly eventId?: string;
}

export class RefusedStream extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;

  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`${status} ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/**
 * An independent reader of Server-Sent Events, after the standard. It keeps and checks every event from the
 * first byte on; each is taken once, by `next` or `until`.
 */
export class SseClient implements AsyncDisposable {
  /** Every event so far, taken or not. */
  readonly frames: SseEvent[] = [];
  /** Comment lines so far. */
  comments = 0;
  /** What the server asked for with `retry`. */
  retryMs: number | undefined;
  /** Resolves when the stream has ended: as a whole, or cut. */
  readonly ended: Promise<'whole' | 'cut'>;
  readonly #response: IncomingMessage;
  readonly #untaken: SseEvent[] = [];
  #text = '';
  #violation: Error | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;
  #changed = new Promise<void>((resolve) => (this.#wake = resolve));

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#receive(text));
    response.on('error', () => undefined); // What it means shows in `ended`.
    this.ended = new Promise((resolve) => {
      response.on('close', () => {
        this.#isOver = true;
        this.#announce();
        resolve(response.complete ? 'whole' : 'cut');
      });
    });
  }

  /** Resolves when the stream was begun. @throws RefusedStream */
  static async open(url: string, { headers = {} }: SseOptions = {}): Promise<SseClient> {
    const opened = new Promise<IncomingMessage>((resolve, reject) => {
      request(url.replace(/^ws:/, 'http:'), {
        headers: { Accept: 'text/event-stream', ...headers },
        agent: false,
      })
        .on('response', resolve)
        .on('error', reject)
        .end();
    });
    const response = await inTime(opened, () => `no answer from ${url}`);
    if (response.statusCode === 200) return new SseClient(response);
    let body = '';
    for await (const part of response.setEncoding('utf8')) body += String(part);
    throw new RefusedStream(response.statusCode ?? 0, response.headers, body);
  }

  get headers(): IncomingHttpHeaders {
    return this.#response.headers;
  }

  /** The id a browser would send as `Last-Event-ID`. */
  get lastEventId(): string | undefined {
    return this.frames.findLast(({ eventId }) => eventId !== undefined)?.eventId;
  }

  /** Stops reading, as a reader that is busy: the connection fills up. */
  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  /** Takes the first untaken event of this type and leaves the others. */
  async next(type: string): Promise<SseEvent> {
    const index = await this.#find((event) => event.type === type, `no "${type}"`);
    const [event] = this.#untaken.splice(index, 1);
    if (event === undefined) throw new Error('two callers wait for the same event');
    return event;
  }

  /** Takes everything up to the first event that fits. */
  async until(fits: (event: SseEvent) => boolean, deadlineMs?: number): Promise<SseEvent[]> {
    const index = await this.#find(fits, `nothing that fits ${fits.toString()}`, deadlineMs);
    return this.#untaken.splice(0, index + 1);
  }

  /** Cuts the connection, as a network that fails. */
  async cut(): Promise<void> {
    this.#response.destroy();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    this.#throwViolation();
  }

  async #find(fits: (event: SseEvent) => boolean, what: string, deadlineMs?: number): Promise<number> {
    const seen = (): string => this.frames.map(({ type }) => type).join(', ') || 'nothing';
    const search = async (): Promise<number> => {
      for (;;) {
        this.#throwViolation();
        const index = this.#untaken.findIndex(fits);
        if (index >= 0) return index;
        if (this.#isOver) throw new Error(`${what}: ended ${await this.ended} after ${seen()}`);
        await this.#changed;
      }
    };
    return inTime(search(), () => `${what} after ${seen()}`, deadlineMs);
  }

  #receive(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    try {
      for (const block of blocks) this.#take(block.split('\n'));
    } catch (error) {
      this.#violation ??= new Error('the server broke the protocol', { cause: error });
    }
    this.#announce();
  }

  #take(lines: readonly string[]): void {
    const fields = new Map<string, string[]>();
    for (const line of lines) {
      if (line.startsWith(':')) this.comments += 1;
      else {
        const colon = line.indexOf(':');
        if (colon < 0) throw new Error(`a line without a colon: ${line}`);
        const name = line.slice(0, colon);
        fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).replace(/^ /, '')]);
      }
    }
    const retry = fields.get('retry')?.[0];
    if (retry !== undefined) this.retryMs = Number(retry);
    const data = fields.get('data');
    if (data === undefined) return;
    const frame = parseServerFrame(data.join('\n'));
    const [type] = fields.get('event') ?? [];
    if (type !== frame.type) throw new Error(`event "${String(type)}" holds "${frame.type}"`);
    const [eventId] = fields.get('id') ?? [];
    if (eventId !== undefined && eventId !== frame.cursor) throw new Error(`id ${eventId} is no cursor`);
    const event = { ...frame, ...(eventId === undefined ? {} : { eventId }) };
    this.frames.push(event);
    this.#untaken.push(event);
  }

  #announce(): void {
    this.#wake();
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
  }

  #throwViolation(): void {
    const violation = this.#violation;
    this.#violation = undefined;
    if (violation !== undefined) throw violation;
  }
}
