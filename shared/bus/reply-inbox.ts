import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { UnavailableError } from './bus-errors.ts';

const NO_RESPONDERS = 503;

export interface Question {
  readonly headers?: MsgHdrs;
  /** How long the answer may take, milliseconds. */
  readonly timeoutMs: number;
}

interface Asked {
  readonly subject: string;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Questions to the broker, answered in one inbox and told apart by a number. The client's own `request` makes
 * three promises and an error with its stack for each, also for those that are answered.
 */
export class ReplyInbox implements Disposable {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #asked = new Map<string, Asked>();
  #count = 0;

  constructor(connection: NatsConnection, inboxPrefix: string) {
    this.#connection = connection;
    this.#prefix = `${createInbox(inboxPrefix)}.`;
    connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.#giveUp(error);
      },
    });
  }

  /** @throws UnavailableError nobody answered in time, or nobody is there to */
  ask(subject: string, data: Uint8Array | string, { headers, timeoutMs }: Question): Promise<Msg> {
    this.#count += 1;
    const number = this.#count.toString();
    const reply = this.#prefix + number;
    return new Promise<Msg>((resolve, reject) => {
      this.#connection.publish(subject, data, headers === undefined ? { reply } : { reply, headers });
      const timer = setTimeout(() => {
        this.#asked.delete(number);
        reject(new UnavailableError(subject));
      }, timeoutMs);
      this.#asked.set(number, { subject, resolve, reject, timer });
    });
  }

  /** Answers that are still awaited will not come. */
  [Symbol.dispose](): void {
    this.#giveUp(undefined);
  }

  #receive(message: Msg): void {
    const number = message.subject.slice(this.#prefix.length);
    const asked = this.#asked.get(number);
    if (asked === undefined) return; // It came too late.
    this.#asked.delete(number);
    clearTimeout(asked.timer);
    if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) {
      asked.reject(new UnavailableError(asked.subject));
    } else asked.resolve(message);
  }

  #giveUp(cause: unknown): void {
    for (const { subject, reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new UnavailableError(subject, cause));
    }
    this.#asked.clear();
  }
}
