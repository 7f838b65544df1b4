import { randomBytes } from 'node:crypto';
import {
  ACCEPTED_SEQUENCE_HEADER,
  chatLogEvent,
  typeOfLogEvent,
  type ChatLogEvent,
} from '../../shared/bus-protocol/chat-log.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { FencedError } from '../../shared/bus/bus-errors.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import type { AcceptedEvent, ChatLog, WorkerEvent } from '../chat/chat-log.ts';
import { emptyLog, foldLog, type LoggedChat } from '../chat/logged-chat.ts';

/** A cluster that lost its leader took 11.6 s to store again; within this nothing is given up. */
const PUBLISH_DEADLINE_MS = 30_000;

/**
 * The log of one chat in the broker. One object is one writer: its message ids tell its own writes from
 * those of any other, also of the same worker at another time.
 */
export class BusChatLog implements ChatLog {
  readonly #bus: Bus;
  readonly #subject: string;
  readonly #writer: string;
  readonly #signal: AbortSignal;
  #written = 0;
  #lastSequence = 0;
  #acceptedSequence: number | undefined;

  /** `signal` ends waits for the broker at once: whether the last write is stored is not known then. */
  constructor(bus: Bus, sessionId: string, requestId: string, signal: AbortSignal) {
    this.#bus = bus;
    this.#subject = subjects.chatLog(sessionId, requestId);
    this.#writer = `${sessionId}:${requestId}:${randomBytes(9).toString('base64url')}`;
    this.#signal = signal;
  }

  /** How many writes were confirmed: while it grows, the broker is there. */
  get written(): number {
    return this.#written;
  }

  async read(): Promise<LoggedChat> {
    const last = await this.#bus.lastOf('SESSIONS', this.#subject);
    this.#lastSequence = last?.sequence ?? 0;
    if (last === undefined) {
      this.#acceptedSequence = undefined;
      return emptyLog;
    }
    const first = acceptedSequenceOf(last);
    this.#acceptedSequence = first;
    const events: (ChatLogEvent | undefined)[] = [];
    if (first < last.sequence) {
      const range = { from: first, to: last.sequence - 1 };
      const keep = (message: StoredMessage): boolean => events.push(decode(message.data)) > 0;
      await this.#bus.read('SESSIONS', this.#subject, range, keep, this.#signal);
    }
    events.push(decode(last.data));
    return foldLog(events);
  }

  async accept({ event, messageId }: AcceptedEvent): Promise<void> {
    try {
      await this.#bus.publish(this.#subject, event, {
        messageId,
        expectedLastSequence: 0,
        deadlineMs: PUBLISH_DEADLINE_MS,
        signal: this.#signal,
      });
    } catch (error) {
      // Somebody else's is there: that one's text is the chat.
      if (!(error instanceof FencedError)) throw error;
    }
  }

  async append(event: WorkerEvent): Promise<void> {
    this.#lastSequence = await this.#bus.publish(this.#subject, encode(event), {
      messageId: `${this.#writer}:${this.#written}`,
      expectedLastSequence: this.#lastSequence,
      deadlineMs: PUBLISH_DEADLINE_MS,
      signal: this.#signal,
      headers:
        this.#acceptedSequence === undefined
          ? {}
          : { [ACCEPTED_SEQUENCE_HEADER]: String(this.#acceptedSequence) },
    });
    this.#acceptedSequence ??= this.#lastSequence;
    this.#written += 1;
  }
}

/** Only the first event of a log does not say where the log begins. */
function acceptedSequenceOf(message: StoredMessage): number {
  const sequence = Number(message.header(ACCEPTED_SEQUENCE_HEADER));
  const isPlace = Number.isSafeInteger(sequence) && sequence >= 1 && sequence < message.sequence;
  return isPlace ? sequence : message.sequence;
}

function decode(data: Uint8Array): ChatLogEvent | undefined {
  if (typeOfLogEvent(data) === undefined) return undefined;
  return chatLogEvent.safeParse(parsePayload(data)).data;
}

/** `type` comes first: gateways tell events apart by their first bytes. */
function encode(event: WorkerEvent): string {
  switch (event.type) {
    case 'claim':
    case 'handover':
    case 'tool_calls':
      return JSON.stringify({ type: event.type, data: event.data });
    case 'chat':
      return encodeEvent('chat', event.data);
    case 'chat_restart':
      return encodeEvent('chat_restart', event.data);
    case 'chat_complete':
      return encodeEvent('chat_complete', event.data);
    case 'error':
      return encodeEvent('error', event.data);
  }
}
