import { Again, AGAIN_CODES } from './again.ts';
import { ClientError } from './errors.ts';
import type { NamedEvents, ServerEvent } from './events.ts';
import type { ClientFrame, Send } from './frames.ts';

/** A question to the server that one event answers. */
export interface Request {
  frame(): ClientFrame;
  /** Whether the event answers it; what follows on the answer is done here, before the next event. */
  answeredBy(event: ServerEvent): boolean;
  failed(error: ClientError): void;
}

/**
 * Requests that are answered by a message without an id, or by an error without one: one at a time, so that
 * it is known what an answer answers. What a socket took with it is asked again on the next.
 */
export class RequestLane {
  readonly #send: Send;
  readonly #waiting: Request[] = [];
  #asked: Request | undefined;
  readonly #again: Again;

  /** `stuck` gives the socket up: a second `subscribe` on it would begin the channel anew. */
  constructor(send: Send, stuck: () => void) {
    this.#send = send;
    this.#again = new Again((wasPutOff) => {
      if (wasPutOff) this.welcomed();
      else stuck();
    });
  }

  /** A request that is here already stays where it is. */
  add(request: Request): void {
    if (!this.#waiting.includes(request)) this.#waiting.push(request);
    this.#pump();
  }

  remove(request: Request): void {
    const index = this.#waiting.indexOf(request);
    // One that was sent stays, so that its answer is not taken for another's.
    if (index >= 0 && this.#asked !== request) this.#waiting.splice(index, 1);
  }

  welcomed(): void {
    this.lost();
    this.#pump();
  }

  lost(): void {
    this.#asked = undefined;
    this.#again.stop();
  }

  event(event: ServerEvent): void {
    if (this.#asked?.answeredBy(event) === true) this.#next();
  }

  /** Whether an error without a chat was one of these requests'. */
  error({ data }: NamedEvents['error']): boolean {
    const asked = this.#asked;
    if (asked === undefined) return false;
    if (AGAIN_CODES.has(data.code)) this.#again.in(data.retry_after_ms);
    else {
      this.#next();
      asked.failed(new ClientError(data.code, data.message, { retryable: data.retryable }));
    }
    return true;
  }

  close(error: ClientError): void {
    this.lost();
    for (const request of this.#waiting.splice(0)) request.failed(error);
  }

  #next(): void {
    this.#waiting.shift();
    this.#asked = undefined;
    this.#again.stop();
    this.#pump();
  }

  #pump(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#asked !== undefined || this.#again.isDue) return;
    if (!this.#send(first.frame())) return;
    this.#asked = first;
    this.#again.unlessAnswered();
  }
}
