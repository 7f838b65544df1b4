import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { storedSubject } from '../bus-protocol/subjects.ts';
import type { LiveMessage, QueueItem } from './bus.ts';

const SEQUENCE = Buffer.from('\r\nNats-Sequence: ');
const LAST_SEQUENCE = Buffer.from('\r\nNats-Last-Sequence: ');
const DIGIT_ZERO = 0x30;

/**
 * What the broker republished; undefined for anything else. A publisher's own headers travel with its
 * message, and the broker adds its words after them: only the last value of a header is the broker's. What
 * it republishes asks for no reply, which a consumer made to deliver here would.
 */
export function liveMessage(message: Msg): LiveMessage | undefined {
  if (message.reply !== undefined && message.reply !== '') return undefined;
  if (!isSized(message)) return undefined;
  const { subject, data } = message;
  // The client's own map of headers costs more than all else that happens to a chunk: two numbers are
  // enough, and they stand right before the payload.
  const headerBytes = message.size() - Buffer.byteLength(subject) - data.length;
  if (headerBytes <= 0) return undefined;
  const headers = Buffer.from(data.buffer, data.byteOffset - headerBytes, headerBytes);
  const sequence = lastNumber(headers, SEQUENCE);
  const previousSequence = lastNumber(headers, LAST_SEQUENCE);
  if (sequence === undefined || sequence < 1 || previousSequence === undefined) return undefined;
  return new Republished(message, storedSubject(subject), sequence, previousSequence, data);
}

/** The client's messages know their size on the wire, which its types leave out. */
interface SizedMessage extends Msg {
  /** Subject, reply, headers and payload, bytes. */
  size(): number;
}

function isSized(message: Msg): message is SizedMessage {
  return 'size' in message && typeof message.size === 'function';
}

class Republished implements LiveMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly previousSequence: number;
  readonly data: Uint8Array;
  readonly #message: Msg;

  constructor(message: Msg, subject: string, sequence: number, previousSequence: number, data: Uint8Array) {
    this.subject = subject;
    this.sequence = sequence;
    this.previousSequence = previousSequence;
    this.data = data;
    this.#message = message;
  }

  header(name: string): string | undefined {
    return this.#message.headers?.last(name) || undefined;
  }
}

/** The number after the last occurrence of a header's name; undefined for anything but digits. */
function lastNumber(headers: Buffer, name: Buffer): number | undefined {
  const at = headers.lastIndexOf(name);
  if (at < 0) return undefined;
  let value = 0;
  let index = at + name.length;
  for (; headers[index] !== CARRIAGE_RETURN; index += 1) {
    const digit = (headers[index] ?? 0) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return index > at + name.length && Number.isSafeInteger(value) ? value : undefined;
}

const CARRIAGE_RETURN = 0x0d;

/** One delivery of a work-queue item. */
export function queueItem(message: JsMsg): QueueItem {
  return {
    subject: message.subject,
    data: message.data,
    sequence: message.seq,
    deliveryCount: message.info.deliveryCount,
    behind: message.info.pending,
    storedAtMs: Math.floor(message.info.timestampNanos / 1e6),
    header: (name) => message.headers?.get(name) || undefined,
    done: async () => {
      await message.ackAck();
    },
    working: () => {
      message.working();
    },
    giveBack: (delayMs) => {
      message.nak(delayMs);
    },
  };
}
