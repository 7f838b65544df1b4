import type { Chat, ChatChunk, ChatResult, ChatStatus } from './chat.ts';
import { Emitter } from './emitter.ts';
import type { ClientError } from './errors.ts';
import type { NamedEvents } from './events.ts';

type Complete = NamedEvents['chat_complete']['data'];

/** A chat as its events make it. What was told once is told once, however often it is heard. */
export class LiveChat implements Chat {
  readonly requestId: string;
  readonly agentIdAsked: string | undefined;
  readonly result: Promise<ChatResult>;
  message: string | undefined;
  status: ChatStatus = 'pending';
  agentId: string | null = null;
  agentName: string | null = null;
  error: ClientError | undefined;
  /** It may be known to the server: sent on some socket, or seen on one. */
  mayBeKnown = false;
  /** One that is not its end came with the channel, so its end will, too. Repeats promise no such thing. */
  isInChannel = false;
  /** It is to end: the server is told until it says so. */
  cancelWanted = false;
  /** Told so on this socket. */
  cancelSent = false;
  readonly #onCancel: (chat: LiveChat) => void;
  readonly #changes = new Emitter();
  #text = '';
  /** The chunk that comes next. */
  #nextIndex = 0;
  #attempt = 1;
  /** Chunks are missing or can't be told apart: the whole text comes with the end. */
  #hasHole = false;
  #acceptedId: string | undefined;
  #restarts = 0;
  /** What the loop and the result end with at once, whatever the server says later. */
  #aborted: { readonly reason: unknown } | undefined;
  #resolve: (result: ChatResult) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(
    requestId: string,
    message: string | undefined,
    agentIdAsked: string | undefined,
    onCancel: (chat: LiveChat) => void,
  ) {
    this.requestId = requestId;
    this.message = message;
    this.agentIdAsked = agentIdAsked;
    this.#onCancel = onCancel;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever only iterates has the same error there.
    this.result.catch(() => undefined);
  }

  get text(): string {
    return this.#text;
  }

  get hasEnded(): boolean {
    return this.status === 'completed' || this.status === 'cancelled' || this.status === 'failed';
  }

  /** Whether asking again can tell what became of it. */
  get isAskable(): boolean {
    return !this.hasEnded && !this.cancelWanted && this.message !== undefined;
  }

  cancel(): void {
    if (!this.hasEnded) this.#onCancel(this);
  }

  /** Cancels when the signal says so. */
  follow(signal: AbortSignal): void {
    const abort = (): void => {
      this.#aborted = { reason: signal.reason };
      this.#reject(signal.reason);
      this.cancel();
      this.#changed();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    const stop = this.onChange(() => {
      if (!this.hasEnded) return;
      signal.removeEventListener('abort', abort);
      stop();
    });
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on('change', listener);
  }

  queued(): void {
    if (this.status === 'pending') this.#enter('queued');
  }

  /** Back to where nothing is promised: it is about to be asked again. */
  unaccepted(): void {
    if (!this.hasEnded) this.#enter('pending');
  }

  accepted({ id, data }: NamedEvents['chat_accepted']): void {
    if (this.hasEnded) return;
    this.message ??= data.message;
    if (data.duplicate !== true) {
      // Another beginning than the one we know: the storage that held it is gone, and all was asked anew.
      if (this.#acceptedId !== undefined && this.#acceptedId !== id) this.#startAgain();
      this.#acceptedId = id;
    }
    this.#enter('running');
  }

  chunk({ data }: NamedEvents['chat']): void {
    if (this.hasEnded) return;
    if (data.chunk_index > this.#nextIndex) this.#hasHole = true;
    if (!this.#hasHole && data.chunk_index === this.#nextIndex) {
      this.#nextIndex += 1;
      this.#text += data.content;
    }
    this.agentId = data.agent_id;
    this.agentName = data.agent_name;
    this.#enter('running');
  }

  restart({ data }: NamedEvents['chat_restart']): void {
    if (this.hasEnded || data.attempt <= this.#attempt) return;
    this.#startAgain();
    this.#attempt = data.attempt;
    this.#changed();
  }

  complete(data: Complete): void {
    if (this.hasEnded) return;
    if (!data.content.startsWith(this.#text)) this.#restarts += 1;
    this.#text = data.content;
    this.agentId = data.agent_id;
    this.agentName = data.agent_name;
    const usage = 'usage' in data ? data.usage : undefined;
    this.#enter(data.status);
    this.#resolve({
      requestId: this.requestId,
      status: data.status,
      text: data.content,
      agentId: data.agent_id,
      agentName: data.agent_name,
      ...(typeof usage === 'object' && usage !== null ? { usage: { ...usage } } : {}),
    });
  }

  /** It ended by our own wish, and the server never had it. */
  cancelledHere(): void {
    const { agentId, agentName } = this;
    this.complete({
      status: 'cancelled',
      request_id: this.requestId,
      agent_id: agentId,
      agent_name: agentName,
      content: this.#text,
      is_complete: true,
    });
  }

  fail(error: ClientError): void {
    if (this.hasEnded) return;
    this.error = error;
    this.#enter('failed');
    this.#reject(error);
  }

  /** Events of the channel are missing: what comes next may be of any time. */
  distrust(): void {
    if (this.#nextIndex > 0 || this.#attempt > 1) this.#hasHole = true;
    this.isInChannel = false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChatChunk, void, undefined> {
    let restarts = this.#restarts;
    let length = 0;
    for (;;) {
      if (this.#aborted !== undefined) throw this.#aborted.reason;
      const restarted = restarts !== this.#restarts;
      const text = this.#text;
      if (restarted || text.length > length) {
        const delta = restarted ? text : text.slice(length);
        restarts = this.#restarts;
        length = text.length;
        yield { delta, text, restarted };
      } else if (this.error !== undefined) throw this.error;
      else if (this.hasEnded) return;
      else await this.#change();
    }
  }

  #startAgain(): void {
    this.#text = '';
    this.#nextIndex = 0;
    this.#attempt = 1;
    this.#hasHole = false;
    this.#restarts += 1;
  }

  #enter(status: ChatStatus): void {
    this.status = status;
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.onChange(() => {
        stop();
        resolve();
      });
    });
  }

  #changed(): void {
    this.#changes.emit('change', undefined);
  }
}
