import { accepted, chunk, complete, type FakeSocket, type SentFrame } from './fake-network.ts';

interface LogEvent {
  readonly type: string;
  readonly data: unknown;
  readonly id: string;
}

interface ServerChat {
  readonly id: string;
  text: string;
  nextIndex: number;
  attempt: number;
  end: LogEvent | undefined;
}

/** One connection: what the client sent and was not handled, and what it is to get and was not sent. */
class Line {
  readonly socket: FakeSocket;
  readonly inbox: SentFrame[] = [];
  /** Answers to this socket alone. */
  readonly replies: { readonly type: string; readonly data: unknown }[] = [];
  /** The next event of the log. */
  position = 0;
  isWelcomed = false;
  isCut = false;
  running: string | undefined;
  readonly waiting: SentFrame[] = [];

  constructor(socket: FakeSocket) {
    this.socket = socket;
    socket.onSend = (frame) => {
      if (frame.type !== 'ping') this.inbox.push(frame);
    };
  }
}

/**
 * A server that keeps the contract and whose every step is the test's: frames are handled, events appear and
 * are delivered one at a time, in any interleaving, and connections are cut between any two.
 */
export class ScriptedServer {
  /** Of the session's channel; cursors are positions in it. */
  readonly log: LogEvent[] = [];
  readonly chats = new Map<string, ServerChat>();
  /** In the order they were accepted. */
  readonly acceptedIds: string[] = [];
  readonly #lines: Line[] = [];
  /** Events before this are no longer kept. */
  #oldest = 0;
  #pieces = 0;
  #shrinking = 0;

  connect(socket: FakeSocket): void {
    this.#lines.push(new Line(socket));
  }

  /** Cuts the newest connection. */
  cut(): void {
    const line = this.#lines.at(-1);
    if (line === undefined || line.isCut) return;
    line.isCut = true;
    // What waited on a socket is gone with it; the one frame it was just handling may be accepted yet.
    line.waiting.length = 0;
    line.inbox.splice(line.running === undefined ? 1 : 0);
    line.socket.end();
  }

  /** Forgets what every open socket has. */
  trim(): void {
    this.#oldest = this.log.length;
  }

  /** Handles one frame of any connection, also of one that was cut. */
  handle(pick: number): boolean {
    const lines = this.#lines.filter(({ inbox }) => inbox.length > 0);
    const line = lines[pick % lines.length];
    const frame = line?.inbox.shift();
    if (line === undefined || frame === undefined) return false;
    const id = frame.id ?? String(frame.data?.['request_id']);
    if (frame.type === 'chat') this.#ask(line, frame, id);
    else if (frame.type === 'cancel') this.#cancel(line, id);
    return true;
  }

  /** Promises nothing for the next frame of the newest connection: it has to come again. */
  refuse(pick: number): void {
    const line = this.#lines.at(-1);
    const frame = line?.isCut === false ? line.inbox.shift() : undefined;
    if (frame === undefined) return;
    const id = frame.id ?? String(frame.data?.['request_id']);
    const isFlood = pick % 3 === 0;
    const error = isFlood
      ? { code: 'RATE_LIMIT', retry_after_ms: pick }
      : { code: pick % 3 === 1 ? 'UNAVAILABLE' : 'LIMIT', request_id: id };
    line?.replies.push({ type: 'error', data: { message: '', retryable: true, ...error } });
  }

  /** Loses what a cut connection had sent and nobody handled. */
  lose(): void {
    for (const line of this.#lines) if (line.isCut) line.inbox.length = 0;
  }

  /** Gives the newest connection its next event, or the next reply: `pick` says which. */
  deliver(pick: number): boolean {
    const line = this.#lines.at(-1);
    if (line === undefined || line.isCut) return false;
    if (!line.isWelcomed) {
      this.#welcome(line);
      return true;
    }
    const event = this.log[line.position];
    const reply = line.replies[0];
    if (reply !== undefined && (event === undefined || pick % 2 === 0)) {
      line.replies.shift();
      line.socket.raw(reply);
      return true;
    }
    if (event === undefined) return false;
    line.position += 1;
    line.socket.raw({ ...event, channel: 'session', cursor: cursorAt(line.position) } as never);
    return true;
  }

  /** One more event of some running chat: a piece, a restart, or its end. */
  work(pick: number): boolean {
    const running = [...this.chats.values()].filter(({ end }) => end === undefined);
    const chat = running[pick % running.length];
    if (chat === undefined) return false;
    if (pick % 11 === 0) this.#restart(chat);
    else if (pick % 7 === 0) this.#end(chat, 'completed');
    else this.#piece(chat);
    return true;
  }

  /** Ends what runs and delivers everything, until nothing is left to do. */
  settleOnce(): boolean {
    const chat = [...this.chats.values()].find(({ end }) => end === undefined);
    if (chat !== undefined) this.#end(chat, 'completed');
    const handled = this.handle(0);
    return this.deliver(this.#shrinking++) || handled || chat !== undefined;
  }

  #welcome(line: Line): void {
    line.isWelcomed = true;
    const { since } = line.socket;
    const wanted = since === null ? this.log.length : Number(since.slice(1));
    const isRecovered = wanted >= this.#oldest;
    line.position = isRecovered ? wanted : this.#oldest;
    line.socket.welcome(cursorAt(line.position), since === null ? undefined : isRecovered);
  }

  #ask(line: Line, frame: SentFrame, id: string): void {
    const known = this.chats.get(id);
    if (known !== undefined) {
      line.replies.push({ type: 'chat_accepted', data: { ...accepted(id), duplicate: true } });
      if (known.end !== undefined) line.replies.push(known.end);
      return;
    }
    const running = line.running === undefined ? undefined : this.chats.get(line.running);
    if (running !== undefined && running.end === undefined) {
      if (!line.waiting.some((waiting) => waiting.id === id)) line.waiting.push(frame);
      line.replies.push({ type: 'queued', data: { request_id: id, position: line.waiting.length } });
    } else this.#accept(line, id);
  }

  #accept(line: Line, id: string): void {
    line.running = id;
    this.acceptedIds.push(id);
    this.chats.set(id, { id, text: '', nextIndex: 0, attempt: 1, end: undefined });
    this.#append('chat_accepted', accepted(id));
  }

  #cancel(line: Line, id: string): void {
    const index = line.waiting.findIndex((frame) => frame.id === id);
    const chat = this.chats.get(id);
    if (index >= 0) {
      line.waiting.splice(index, 1);
      line.replies.push({ type: 'chat_complete', data: complete(id, '', 'cancelled') });
    } else if (chat === undefined || chat.end !== undefined) {
      line.replies.push({ type: 'error', data: { code: 'NOT_FOUND', message: '', request_id: id } });
    } else this.#end(chat, 'cancelled');
  }

  #piece(chat: ServerChat): void {
    this.#pieces += 1;
    const content = `${this.#pieces} `;
    this.#append('chat', chunk(chat.id, chat.nextIndex, content));
    chat.nextIndex += 1;
    chat.text += content;
  }

  #restart(chat: ServerChat): void {
    chat.attempt += 1;
    chat.nextIndex = 0;
    chat.text = '';
    this.#append('chat_restart', { request_id: chat.id, attempt: chat.attempt });
  }

  #end(chat: ServerChat, status: 'completed' | 'cancelled'): void {
    chat.end = this.#append('chat_complete', complete(chat.id, chat.text, status));
    for (const line of this.#lines) {
      if (line.running !== chat.id) continue;
      line.running = undefined;
      this.#goOn(line);
    }
  }

  /** Asks what waits, until one runs. */
  #goOn(line: Line): void {
    const next = line.waiting.shift();
    if (next?.id === undefined) return;
    this.#ask(line, next, next.id);
    if (line.running === undefined) this.#goOn(line);
  }

  #append(type: string, data: unknown): LogEvent {
    const event = { type, data, id: `e${this.log.length}` };
    this.log.push(event);
    return event;
  }
}

function cursorAt(position: number): string {
  return `c${position}`;
}
