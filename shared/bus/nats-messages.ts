import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { storedSubject } from '../bus-protocol/subjects.ts';
import type { LiveMessage, QueueItem } from './bus.ts';

const HEADERS = Buffer.from('NATS/1.0');
const SUBJECT = Buffer.from('Nats-Subject: ');
const SEQUENCE = Buffer.from('Nats-Sequence: ');
const LAST_SEQUENCE = Buffer.from('Nats-Last-Sequence: ');
const DIGIT_ZERO = 0x30;
const LINE_FEED = 0x0a;
/** Ends each line, and the headers as an empty one. */
const LINE_END_BYTES = 2;

/** What one subscription to republished messages brings. */
export class LiveMessages {
  /** Of the message before: the chunks of an answer come in a row, and decoding it costs more than all else. */
  #last: KnownSubject | undefined;

  /**
   * What the broker republished; undefined for anything else. A publisher's own headers travel with its
   * message, and the broker adds its words after them: only the last value of a header is the broker's. What
   * it republishes asks for no reply, which a consumer made to deliver here would.
   */
  read(message: Msg): LiveMessage | undefined {
    if (!isSized(message)) return undefined;
    // It is made when it is asked for: once is enough.
    const { data } = message;
    const bytes = bytesOf(data.buffer);
    const end = data.byteOffset;
    // The size counts subject, reply, headers and payload: so the headers begin no earlier than here.
    const earliest = end + data.length - message.size();
    const place = readPlace(bytes, Math.max(0, earliest), end);
    if (place === undefined) return undefined;
    const known =
      this.#last?.isAt(bytes, place) === true ? this.#last : new KnownSubject(message, bytes, place);
    // With a reply, they do not begin here.
    if (!startsWith(bytes, earliest + known.liveBytes, HEADERS)) return undefined;
    this.#last = known;
    return new Republished(message, known.subject, place, data);
  }
}

/** A subject, and how the broker's headers name it. With one string for all its messages, who looks for it compares pointers. */
class KnownSubject {
  readonly subject: string;
  /** Of its name among the republished. */
  readonly liveBytes: number;
  readonly #named: Uint8Array;

  constructor({ subject }: Msg, bytes: Uint8Array, { subjectStart, subjectEnd }: Place) {
    this.subject = storedSubject(subject);
    this.liveBytes = Buffer.byteLength(subject);
    this.#named = bytes.slice(subjectStart, subjectEnd);
  }

  isAt(bytes: Uint8Array, { subjectStart, subjectEnd }: Place): boolean {
    return subjectEnd - subjectStart === this.#named.length && startsWith(bytes, subjectStart, this.#named);
  }
}

/** The client's messages know their size on the wire, which its types leave out. */
interface SizedMessage extends Msg {
  /** Subject, reply, headers and payload, bytes. */
  size(): number;
}

function isSized(message: Msg): message is SizedMessage {
  return 'size' in message && typeof message.size === 'function';
}

/** Where the broker stored a message, and the one before it on its subject, which it names from here to there. */
interface Place {
  readonly sequence: number;
  readonly previousSequence: number;
  readonly subjectStart: number;
  readonly subjectEnd: number;
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
 * What the broker says in the headers between `start` and `end`, found from their end, where it says it.
 * The client's own map of headers costs more than all else that happens to a chunk.
 */
function readPlace(bytes: Uint8Array, start: number, end: number): Place | undefined {
  let sequence: number | undefined;
  let previousSequence: number | undefined;
  let subjectStart: number | undefined;
  let subjectEnd = 0;
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
    } else if (subjectStart === undefined && startsWith(bytes, lineStart, SUBJECT)) {
      subjectStart = lineStart + SUBJECT.length;
      subjectEnd = lineEnd;
    }
    if (sequence !== undefined && previousSequence !== undefined && subjectStart !== undefined) {
      return { sequence, previousSequence, subjectStart, subjectEnd };
    }
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
