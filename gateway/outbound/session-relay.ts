import { isForClients, typeOfLogEvent, type ChatLogEventType } from '../../shared/bus-protocol/chat-log.ts';
import { parseSessionSubject, type SessionSubject } from '../../shared/bus-protocol/subjects.ts';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import type { Span } from '../../shared/telemetry/tracing.ts';
import type { GatewayEvents } from '../events.ts';
import type { SentType } from '../metrics.ts';
import type { GatewayTraces } from '../traces.ts';
import type { ChannelIncident, Relay, RelayedFrames } from './channel.ts';
import { identityOf } from './event-identity.ts';
import { endsAsObject } from './frames.ts';
import { fittingFrame, parsePayload, PayloadError } from './stranger-payload.ts';

/** Told of what happens to the chats of a session, each event once per gateway. */
export interface ChatObserver {
  /** What was stored until then is erased, or is about to be: nobody is shown it. */
  readonly forgottenAtMs: number;
  chatEvent(requestId: string, type: ChatLogEventType, event: ChannelEvent): void;
  noticed(what: ChannelIncident): void;
}

const NOTHING: RelayedFrames = { durable: undefined };

/** Events of a session: the workers' are forwarded as they are, notifications are checked and wrapped. */
export class SessionRelay implements Relay {
  readonly #sessionId: string;
  readonly #observer: ChatObserver;
  readonly #events: GatewayEvents;
  /** The chunks of one answer come in a row: their subject is taken apart once. */
  #lastSubject = '';
  #lastParsed: SessionSubject | undefined;

  constructor(sessionId: string, observer: ChatObserver, events: GatewayEvents) {
    this.#sessionId = sessionId;
    this.#observer = observer;
    this.#events = events;
  }

  frames(event: ChannelEvent, epoch: string, live: boolean): RelayedFrames {
    const subject = this.#parse(event.subject);
    if (subject === undefined || subject.sessionId !== this.#sessionId) return this.#refuse('bad id', live);
    if (event.storedAtMs !== undefined && event.storedAtMs <= this.#observer.forgottenAtMs) return NOTHING;
    if (subject.kind === 'chat') return this.#chatFrames(event, subject.requestId, live);
    if (subject.kind === 'cancel') return NOTHING;
    return this.#notificationFrames(event, epoch, live);
  }

  /** Replays use `frames` too: only what the channel itself delivers is news to the observer. */
  observe(event: ChannelEvent, sentAs: SentType | undefined): void {
    const subject = this.#parse(event.subject);
    if (subject?.kind !== 'chat') return;
    const type = sentAs === 'chat' ? sentAs : typeOfLogEvent(event.data);
    if (type === undefined) return;
    this.#events.chatEventDelivered(type === 'chat', event.data);
    this.#observer.chatEvent(subject.requestId, type, event);
  }

  trace(event: ChannelEvent, traces: GatewayTraces): Span | undefined {
    // Chats have spans of their own, and their chunks none.
    return this.#parse(event.subject)?.kind === 'notification'
      ? traces.notification('SESSIONS', event)
      : undefined;
  }

  noticed(what: ChannelIncident): void {
    this.#observer.noticed(what);
  }

  #chatFrames(event: ChannelEvent, requestId: string, live: boolean): RelayedFrames {
    const type = typeOfLogEvent(event.data);
    if (type === undefined || !endsAsObject(event.data)) return this.#refuse('not a JSON object', live);
    if (!isForClients(type)) return NOTHING;
    if (type !== 'chat_accepted' || !live) return { durable: event.data, type };
    return {
      durable: event.data,
      type,
      transient: encodeEvent('typing', { agent: 'processing', isTyping: true, request_id: requestId }),
    };
  }

  #notificationFrames(event: ChannelEvent, epoch: string, live: boolean): RelayedFrames {
    try {
      return { durable: Buffer.from(encodeNotification(event, epoch)), type: 'notification' };
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.#refuse(error.message, live);
    }
  }

  #refuse(reason: string, live: boolean): RelayedFrames {
    if (live) this.#events.invalidPayload('SESSIONS', reason);
    return NOTHING;
  }

  #parse(subject: string): SessionSubject | undefined {
    if (subject !== this.#lastSubject) {
      this.#lastSubject = subject;
      this.#lastParsed = parseSessionSubject(subject);
    }
    return this.#lastParsed;
  }
}

/** A notification as clients get it, live, replayed and in history. @throws PayloadError */
export function encodeNotification(event: ChannelEvent, epoch: string): string {
  return fittingFrame(encodeEvent('notification', parsePayload(event.data), identityOf(event, epoch)));
}
