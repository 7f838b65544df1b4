import { randomBytes } from 'node:crypto';
import {
  ACCEPTED_SEQUENCE_HEADER,
  chatLogEvent,
  typeOfLogEvent,
  type ChatLogEvent,
} from '../../shared/bus-protocol/chat-log.ts';
import type { SessionStream } from '../../shared/bus-protocol/session-shards.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { FencedError } from '../../shared/bus/bus-errors.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import { traceContextOf, type TraceContext } from '../../shared/telemetry/trace-context.ts';
import { within, type Span } from '../../shared/telemetry/tracing.ts';
import type { AcceptedEvent, ChatLog, WorkerEvent } from '../chat/chat-log.ts';
import { emptyLog, foldLog, type LoggedChat } from '../chat/logged-chat.ts';

/** A cluster that lost its leader took 11.6 s to store again; within this nothing is given up. */
const PUBLISH_DEADLINE_MS = 30_000;

/** Names this process among all that write to logs; its writers are counted. */
const PROCESS = randomBytes(9).toString('base64url');
let writers = 0;

/** Told of what happens to a log, for metrics and traces. */
export interface ChatLogWatch {
  /** What events with a span carry, so that later readers find it. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  reading(): Span | undefined;
  found(log: EarlierAttempts): void;
  /** Chunks have no span. */
  writing(type: WorkerEvent['type']): Span | undefined;
  /** The broker has confirmed it. Called for every chunk. */
  stored(type: WorkerEvent['type']): void;
}

/** What a log says of the workers that had the chat before. */
export interface EarlierAttempts {
  readonly claims: number;
  /** Of their claims, where they have one. */
  readonly contexts: readonly TraceContext[];
  /** Milliseconds since the epoch, by the broker's clock. */
  readonly lastStoredAtMs: number;
}

/**
 * The log of one chat in the broker. One object is one writer: its message ids tell its own writes from
 * those of any other, also of the same worker at another time.
 */
export class BusChatLog implements ChatLog {
  readonly #bus: Bus;
  readonly #stream: SessionStream;
  readonly #subject: string;
  readonly #writer: string;
  readonly #signal: AbortSignal;
  readonly #watch: ChatLogWatch | undefined;
  #written = 0;
  #lastSequence = 0;
  #acceptedSequence: number | undefined;

  /** `signal` ends waits for the broker at once: whether the last write is stored is not known then. */
  constructor(bus: Bus, sessionId: string, requestId: string, signal: AbortSignal, watch?: ChatLogWatch) {
    this.#bus = bus;
    this.#stream = bus.shards.streamOf(sessionId);
    this.#subject = subjects.chatLog(sessionId, requestId);
    writers += 1;
    this.#writer = `${sessionId}:${requestId}:${PROCESS}${writers}`;
    this.#signal = signal;
    this.#watch = watch;
  }

  /** How many writes were confirmed: while it grows, the broker is there. */
  get written(): number {
    return this.#written;
  }

  read(): Promise<LoggedChat> {
    return within(this.#watch?.reading(), () => this.#read());
  }

  async #read(): Promise<LoggedChat> {
    const last = await this.#bus.lastOf(this.#stream, this.#subject);
    this.#lastSequence = last?.sequence ?? 0;
    if (last === undefined) {
      this.#acceptedSequence = undefined;
      return emptyLog;
    }
    const first = acceptedSequenceOf(last);
    this.#acceptedSequence = first;
    const events: (ChatLogEvent | undefined)[] = [];
    const claims: TraceContext[] = [];
    const keep = (message: StoredMessage): boolean => {
      const event = decode(message.data);
      const context = event?.type === 'claim' ? traceContextOf((name) => message.header(name)) : undefined;
      if (context !== undefined) claims.push(context);
      return events.push(event) > 0;
    };
    if (first < last.sequence) {
      const range = { from: first, to: last.sequence - 1 };
      await this.#bus.read(this.#stream, this.#subject, range, keep, this.#signal);
    }
    keep(last);
    const log = foldLog(events);
    this.#watch?.found({ claims: log.claims, contexts: claims, lastStoredAtMs: last.storedAtMs });
    return log;
  }

  async accept({ event, messageId }: AcceptedEvent): Promise<LoggedChat> {
    try {
      this.#lastSequence = await this.#bus.publish(this.#subject, event, {
        messageId,
        expectedLastSequence: 0,
        deadlineMs: PUBLISH_DEADLINE_MS,
        signal: this.#signal,
        // Gateways deliver in the trace that the first event names, whoever wrote it.
        ...(this.#watch?.headers === undefined ? {} : { headers: this.#watch.headers }),
      });
      this.#acceptedSequence = this.#lastSequence;
      return foldLog([decode(Buffer.from(event))]);
    } catch (error) {
      // Somebody else's is there: that one's text is the chat.
      if (!(error instanceof FencedError)) throw error;
      return this.read();
    }
  }

  async append(event: WorkerEvent): Promise<void> {
    const span = this.#watch?.writing(event.type);
    if (span === undefined) await this.#append(event);
    else await within(span, () => this.#append(event, this.#watch?.headers));
    this.#watch?.stored(event.type);
  }

  async #append(event: WorkerEvent, traceHeaders?: Readonly<Record<string, string>>): Promise<void> {
    const first = this.#acceptedSequence;
    this.#lastSequence = await this.#bus.publish(this.#subject, encode(event), {
      messageId: `${this.#writer}:${this.#written}`,
      expectedLastSequence: this.#lastSequence,
      deadlineMs: PUBLISH_DEADLINE_MS,
      signal: this.#signal,
      headers: {
        ...(first === undefined ? {} : { [ACCEPTED_SEQUENCE_HEADER]: String(first) }),
        ...traceHeaders,
      },
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
