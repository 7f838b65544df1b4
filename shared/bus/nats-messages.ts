import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { storedSubject } from '../bus-protocol/subjects.ts';
import type { LiveMessage, QueueItem } from './bus.ts';

/**
 * What the broker republished; undefined for anything else. A publisher's own headers travel with its
 * message, and the broker adds its words after them: only the last value of a header is the broker's. What
 * it republishes asks for no reply, which a consumer made to deliver here would.
 */
export function liveMessage(message: Msg): LiveMessage | undefined {
  const { headers } = message;
  const sequence = Number(headers?.last('Nats-Sequence'));
  if (headers === undefined || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  if (message.reply !== undefined && message.reply !== '') return undefined;
  return {
    subject: storedSubject(message.subject),
    sequence,
    previousSequence: Number(headers.last('Nats-Last-Sequence')),
    data: message.data,
    header: (name) => headers.last(name) || undefined,
  };
}

/** One delivery of a work-queue item. */
export function queueItem(message: JsMsg): QueueItem {
  return {
    subject: message.subject,
    data: message.data,
    sequence: message.seq,
    deliveryCount: message.info.deliveryCount,
    storedAtMs: Math.floor(message.info.timestampNanos / 1e6),
    header: (name) => message.headers?.get(name) || undefined,
    done: async () => {
      await message.ackAck();
    },
    working: () => {
      message.working();
    },
    giveBack: () => {
      message.nak();
    },
  };
}
