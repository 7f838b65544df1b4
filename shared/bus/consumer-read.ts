import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import {
  createInbox,
  nanos,
  nuid,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { UnavailableError } from './bus-errors.ts';

/** One message as a consumer delivers it. */
export interface Delivery {
  readonly message: Msg;
  readonly sequence: number;
  readonly storedAtMs: number;
}

export interface ConsumerReadPorts {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** Where this role may be answered. */
  readonly inboxPrefix: string;
}

const BATCH = 500;
/** How long a pull waits for its first message, and how long the broker may say nothing at all. */
const IDLE_MS = 2_000;
const SILENCE_MS = IDLE_MS + 1_000;
/** A consumer that lost its reader is gone by then. */
const INACTIVE_MS = 30_000;

/**
 * All messages of a subject filter from a sequence on, in order, until `onDelivery` returns false.
 *
 * The end is what the broker says it is: a pull with `no_wait` is over when nothing more is stored. What it
 * says is *pending* can't be trusted: nats-server 2.9 counts wildcard filters wrongly from the middle of a
 * block, in 25 of 405 cases, mostly too many but also too few, which would hide the last message.
 * @returns whether the end was reached; undefined when there was nothing at all, which the caller has to check
 * @throws UnavailableError
 */
export async function readByConsumer(
  { connection, manager, inboxPrefix }: ConsumerReadPorts,
  { stream, filter, from }: { readonly stream: string; readonly filter: string; readonly from: number },
  onDelivery: (delivery: Delivery) => boolean,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const name = nuid.next();
  await manager.consumers.add(stream, {
    name,
    filter_subject: filter,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    inactive_threshold: nanos(INACTIVE_MS),
    mem_storage: true,
    num_replicas: 1,
  });
  const pulls = new Pulls(connection, inboxPrefix, `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`);
  let delivered = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const batch = await pulls.next();
      for (const message of batch.messages) {
        const place = placeOf(message);
        delivered += 1;
        // A delivery that got lost on the way leaves a gap in the consumer's own count.
        if (place?.delivery !== delivered) throw new UnavailableError(`read of ${stream}`);
        if (!onDelivery({ message, ...place })) return false;
      }
      if (batch.isOver) return delivered === 0 ? undefined : true;
    }
  } finally {
    pulls[Symbol.dispose]();
    // It expires by itself when the broker does not hear this.
    manager.consumers.delete(stream, name).catch(() => undefined);
  }
}

interface Batch {
  readonly messages: readonly Msg[];
  /** The broker has no more. */
  readonly isOver: boolean;
}

/** The pulls of one reader, one at a time. */
class Pulls implements Disposable {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #subject: string;
  readonly #subscription: Subscription;
  #messages: Msg[] = [];
  #settle: ((batch: Batch | Error) => void) | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection, inboxPrefix: string, subject: string) {
    this.#connection = connection;
    this.#inbox = createInbox(inboxPrefix);
    this.#subject = subject;
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.#settle?.(error);
      },
    });
  }

  /** @throws UnavailableError when the broker falls silent or can't go on */
  async next(): Promise<Batch> {
    try {
      const batch = await new Promise<Batch | Error>((resolve) => {
        this.#settle = resolve;
        this.#silence = setTimeout(() => resolve(new Error('silence')), SILENCE_MS);
        this.#messages = [];
        const request = { batch: BATCH, no_wait: true, expires: nanos(IDLE_MS) };
        this.#connection.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox });
      });
      if (batch instanceof Error) throw new UnavailableError('pull', batch);
      return batch;
    } finally {
      clearTimeout(this.#silence);
      this.#settle = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    // Only what is stored can be acknowledged: whatever else comes is the broker's own word.
    if (placeOf(message) !== undefined) {
      this.#messages.push(message);
      this.#silence?.refresh();
      if (this.#messages.length === BATCH) this.#settle?.({ messages: this.#messages, isOver: false });
      return;
    }
    const status = message.headers?.code ?? 0;
    const isOver = status === 404 || status === 408;
    this.#settle?.(isOver ? { messages: this.#messages, isOver } : new Error(`status ${status}`));
  }
}

/**
 * Where a delivery stands, from the subject its acknowledgement would go to:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<delivery>.<time>.<pending>`, from newer servers with
 * domain and account before the stream. Undefined for what is no delivery.
 */
function placeOf({ reply }: Msg): { sequence: number; delivery: number; storedAtMs: number } | undefined {
  const tokens = reply?.split('.') ?? [];
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const start = tokens.length >= 11 ? 4 : 2;
  const [sequence, delivery, timeNs] = tokens.slice(start + 3, start + 6).map(Number);
  if (sequence === undefined || delivery === undefined || timeNs === undefined) return undefined;
  return { sequence, delivery, storedAtMs: Math.floor(timeNs / 1e6) };
}
