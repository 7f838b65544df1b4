import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { storedSubject } from '../bus-protocol/subjects.ts';
import type { LiveMessage, QueueItem } from './bus.ts';

const HEADERS = Buffer.from('NATS/1.0');
const SEQUENCE = Buffer.from('Nats-Sequence: ');
const LAST_SEQUENCE = Buffer.from('Nats-Last-Sequence: ');
const DIGIT_ZERO = 0x30;
const LINE_FEED = 0x0a;
/** Ends each line, and the headers as an empty one. */
const LINE_END_BYTES = 2;

/**
 * What the broker republished; undefined for anything else. A publisher's own headers travel with its
 * message, and the broker adds its words after them: only the last value of a header is the broker's. What
 * it republishes asks for no reply, which a consumer made to deliver here would.
 */
export function liveMessage(message: Msg): LiveMessage | undefined {
  if (!isSized(message)) return undefined;
  // Each of them is made when it is asked for: once is enough.
  const { subject, data } = message;
  const bytes = bytesOf(data.buffer);
  const end = data.byteOffset;
  // The size counts subject, reply, headers and payload: with a reply, this is not where the headers start.
  const start = end + data.length - message.size() + Buffer.byteLength(subject);
  if (!startsWith(bytes, start, HEADERS)) return undefined;
  const place = readPlace(bytes, start, end);
  if (place === undefined) return undefined;
  return new Republished(message, storedSubject(subject), place, data);
}

/** The client's messages know their size on the wire, which its types leave out. */
interface SizedMessage extends Msg {
  /** Subject, reply, headers and payload, bytes. */
  size(): number;
}

function isSized(message: Msg): message is SizedMessage {
  return 'size' in message && typeof message.size === 'function';
}

/** Where the broker stored a message, and the one before it on its subject. */
interface Place {
  readonly sequence: number;
  readonly previousSequence: number;
}

class Republished implements LiveMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly previousSequence: number;
  readonly data: Uint8Array;
  readonly #message: Msg;

  constructor(message: Msg, subject: string, place: Place, data: Uint8Array) {
    this.subject = subject;
    this.sequence = place.sequence;
    this.previousSequence = place.previousSequence;
    this.data = data;
    this.#message = message;
  }

  header(name: string): string | undefined {
    return this.#message.headers?.last(name) || undefined;
  }
}

let lastRead: Uint8Array = new Uint8Array(0);

/** All of a read buffer: many messages share one, and a view costs more than what is looked for in it. */
function bytesOf(buffer: ArrayBufferLike): Uint8Array {
  if (lastRead.buffer !== buffer) lastRead = new Uint8Array(buffer);
  return lastRead;
}

/**
 * The two numbers in the headers from `start` to `end`, found from their end, where the broker puts them.
 * The client's own map of headers costs more than all else that happens to a chunk.
 */
function readPlace(bytes: Uint8Array, start: number, end: number): Place | undefined {
  let sequence: number | undefined;
  let previousSequence: number | undefined;
  let lineEnd = end - 2 * LINE_END_BYTES;
  while (lineEnd > start) {
    let lineStart = lineEnd;
    while (lineStart > start && bytes[lineStart - 1] !== LINE_FEED) lineStart -= 1;
    if (sequence === undefined && startsWith(bytes, lineStart, SEQUENCE)) {
      sequence = readNumber(bytes, lineStart + SEQUENCE.length, lineEnd);
      if (sequence === undefined || sequence < 1) return undefined;
    } else if (previousSequence === undefined && startsWith(bytes, lineStart, LAST_SEQUENCE)) {
      previousSequence = readNumber(bytes, lineStart + LAST_SEQUENCE.length, lineEnd);
      if (previousSequence === undefined) return undefined;
    }
    if (sequence !== undefined && previousSequence !== undefined) return { sequence, previousSequence };
    lineEnd = lineStart - LINE_END_BYTES;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index += 1) if (bytes[at + index] !== name[index]) return false;
  return true;
}

/** Undefined for anything but digits. */
function readNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const digit = (bytes[index] ?? 0) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return end > start && Number.isSafeInteger(value) ? value : undefined;
}

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
