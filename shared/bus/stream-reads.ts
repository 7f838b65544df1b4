import {
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StoredMsg,
} from '@nats-io/jetstream';
import type { StoredMessage } from './bus.ts';
import { UnavailableError } from './bus-errors.ts';

/** Beyond this many messages a `next_by_subj` that finds nothing costs more than making a consumer. */
const DIRECT_READ_SPAN = 10_000;
/** A direct get is a round trip each; more than these few are one consumer's work. */
const DIRECT_GETS = 12;
const CONSUMER_BATCH = 500;
const CONSUMER_IDLE_MS = 5_000;

export interface ReadRange {
  readonly from: number;
  readonly to: number;
}

/** Told of each message in order; false ends the read early. */
export type OnStoredMessage = (message: StoredMessage) => boolean;

/** The first message of a filter at or after a sequence; null when there is none. */
type GetNext = (stream: string, query: { seq: number; next_by_subj: string }) => Promise<StoredMsg | null>;

/** How a stream's messages are got one by one: followers may answer only where the stream allows it. */
export function nextGetter(manager: JetStreamManager, allowDirect: boolean): GetNext {
  return allowDirect
    ? (stream, query) => manager.direct.getMessage(stream, query)
    : (stream, query) => manager.streams.getMessage(stream, query);
}

/**
 * The messages of one subject filter in a range, in order. A handful come by single gets, more by one
 * ordered consumer that starts at the range: on 2.9 a read costs the messages after its start, whatever
 * the filter.
 * @returns whether the end of the range was reached, rather than stopped by `onMessage`
 */
export async function readRange(
  { jetstream, getNext }: { jetstream: JetStreamClient; getNext: GetNext },
  stream: string,
  filter: string,
  range: ReadRange,
  onMessage: OnStoredMessage,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let next = range.from;
  if (range.to - range.from <= DIRECT_READ_SPAN) {
    for (let count = 0; count < DIRECT_GETS; count += 1) {
      signal?.throwIfAborted();
      if (next > range.to) return true;
      const found = await getNext(stream, { seq: next, next_by_subj: filter });
      if (found === null || found.seq > range.to) return true;
      next = found.seq + 1;
      if (!onMessage(fromStored(found))) return false;
    }
  }
  return readByConsumer(jetstream, stream, filter, { from: next, to: range.to }, onMessage, signal);
}

async function readByConsumer(
  jetstream: JetStreamClient,
  stream: string,
  filter: string,
  range: ReadRange,
  onMessage: OnStoredMessage,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const consumer = await jetstream.consumers.get(stream, {
    filter_subjects: filter,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: range.from,
    inactive_threshold: 30_000,
  });
  try {
    let pending = (await consumer.info(true)).num_pending;
    let next = range.from;
    while (pending > 0 && next <= range.to) {
      signal?.throwIfAborted();
      let received = 0;
      const batch = await consumer.fetch({ max_messages: CONSUMER_BATCH, expires: CONSUMER_IDLE_MS });
      for await (const message of batch) {
        received += 1;
        next = message.seq + 1;
        pending = message.info.pending;
        if (message.seq > range.to) return true;
        if (!onMessage(fromConsumed(message))) return false;
        if (pending === 0) break;
      }
      if (received === 0) throw new UnavailableError(`read of ${stream}`);
    }
    return true;
  } finally {
    consumer.delete().catch(() => undefined); // It expires by itself when the broker does not hear this.
  }
}

export function fromStored(message: StoredMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    data: message.data,
    storedAtMs: message.time.getTime(),
    header: (name) => message.header.get(name) || undefined,
  };
}

function fromConsumed(message: JsMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    data: message.data,
    storedAtMs: Math.floor(message.info.timestampNanos / 1e6),
    header: (name) => message.headers?.get(name) || undefined,
  };
}
