import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { unsharded } from '../bus-protocol/session-shards.ts';
import type { StoredMessage } from './bus.ts';
import { readByConsumer, type ConsumerReadPorts, type Delivery } from './consumer-read.ts';

/** Beyond this many messages a `next_by_subj` that finds nothing costs more than making a consumer. */
const DIRECT_READ_SPAN = 10_000;
/** A direct get is a round trip each; more than these few are one consumer's work. */
const DIRECT_GETS = 12;

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

export interface ReadPorts extends ConsumerReadPorts {
  readonly getNext: GetNext;
}

/**
 * The messages of one subject filter in a range, in order. A handful come by single gets, more by one
 * consumer that starts at the range: on 2.9 a read costs the messages after its start, whatever the filter.
 * @returns whether the end of the range was reached, rather than stopped by `onMessage`
 */
export async function readRange(
  ports: ReadPorts,
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
      const found = await ports.getNext(stream, { seq: next, next_by_subj: filter });
      if (found === null || found.seq > range.to) return true;
      next = found.seq + 1;
      if (!onMessage(fromStored(found))) return false;
    }
  }
  if (next > range.to) return true;
  let isStopped = false;
  const keep = (delivery: Delivery): boolean => {
    if (delivery.sequence > range.to) return false;
    isStopped = !onMessage(fromDelivery(delivery));
    return !isStopped && delivery.sequence < range.to;
  };
  for (;;) {
    const isOver = await readByConsumer(ports, { stream, filter, from: next }, keep, signal);
    if (isOver !== undefined) return !isStopped;
    // Nothing came in time: that nothing is there only a get says for certain.
    const found = await ports.getNext(stream, { seq: next, next_by_subj: filter });
    if (found === null || found.seq > range.to) return true;
  }
}

export function fromStored(message: StoredMsg): StoredMessage {
  return {
    subject: unsharded(message.subject),
    sequence: message.seq,
    data: message.data,
    storedAtMs: message.time.getTime(),
    header: (name) => message.header.get(name) || undefined,
  };
}

function fromDelivery({ message, sequence, storedAtMs }: Delivery): StoredMessage {
  return {
    subject: unsharded(message.subject),
    sequence,
    data: message.data,
    storedAtMs,
    header: (name) => message.headers?.get(name) || undefined,
  };
}
