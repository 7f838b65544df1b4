import type { ChannelEvent } from '../shared/channel/channel-reader.ts';
import { ATTRIBUTE, messageAttributes, SPAN, SPAN_EVENT } from '../shared/telemetry/semantics.ts';
import { traceContextFrom, traceContextOf, type TraceContext } from '../shared/telemetry/trace-context.ts';
import type { Span, TraceIds, Tracing } from '../shared/telemetry/tracing.ts';

/** Chats a socket's catch-up is linked to at most: one that was away for a day has many. */
const MAX_LINKS = 8;

export interface ReceivedChat {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly requestId: string;
  /** What the client said its own trace is. Anybody may say anything: it is linked, never continued. */
  readonly traceparent: string | undefined;
}

/** The spans a gateway opens. There is no such object while nothing exports traces. */
export class GatewayTraces {
  readonly #tracing: Tracing;

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** The root of a chat's trace: it ends when the chat's end is on its way to the socket. */
  chat({ connectionId, sessionId, requestId, traceparent }: ReceivedChat): Span {
    const theirs = traceContextFrom(traceparent);
    return this.#tracing.start(SPAN.chat, {
      kind: 'server',
      links: theirs === undefined ? [] : [theirs],
      attributes: { ...aboutChat(sessionId, requestId), [ATTRIBUTE.connectionId]: connectionId },
    });
  }

  /**
   * This gateway's delivery of a chat, whichever gateway took it in. One that comes in the middle does not
   * know the chat's trace yet, and is linked to it when it does.
   */
  delivery(sessionId: string, requestId: string, event: ChannelEvent): DeliverySpan {
    const parent = contextOf(event);
    const span = this.#tracing.start(SPAN.deliverChat, {
      kind: 'consumer',
      parent,
      attributes: {
        ...aboutChat(sessionId, requestId),
        ...messageAttributes('deliver', 'process', 'session.{session}.chat.{request}'),
      },
    });
    return new DeliverySpan(span, parent !== undefined);
  }

  /** The trace that an event came with. */
  originOf(event: ChannelEvent): TraceContext | undefined {
    return contextOf(event);
  }

  /** A message of another service on its way to sockets: a part of the trace it came with, if it came with one. */
  notification(stream: 'SESSIONS' | 'INVESTIGATIONS', event: ChannelEvent): Span | undefined {
    const parent = contextOf(event);
    if (parent === undefined) return undefined;
    const isSession = stream === 'SESSIONS';
    const template = isSession ? 'session.{session}.notification' : 'investigation.{investigation}.{kind}';
    return this.#tracing.start(isSession ? SPAN.deliverNotification : SPAN.deliverInvestigation, {
      kind: 'consumer',
      parent,
      attributes: messageAttributes('deliver', 'process', template),
    });
  }

  catchUp(channel: string, why: 'resume' | 'lag'): CatchUpSpan {
    return new CatchUpSpan(
      this.#tracing.start(SPAN.catchUp, {
        attributes: { [ATTRIBUTE.channel]: channel.split('.', 1).join(), [ATTRIBUTE.reason]: why },
      }),
    );
  }
}

/** One gateway's delivery of one chat. */
export class DeliverySpan {
  readonly #span: Span;
  readonly #joined: boolean;

  /** `joined`: it is a part of the chat's trace, rather than one of its own that is linked to it. */
  constructor(span: Span, joined: boolean) {
    this.#span = span;
    this.#joined = joined;
  }

  get ids(): TraceIds {
    return this.#span.ids;
  }

  event(name: string): void {
    this.#span.event(name);
  }

  /** With the chat's last event, or without one when nobody is here any more to follow it. */
  end(last?: ChannelEvent): void {
    const context = last === undefined || this.#joined ? undefined : contextOf(last);
    if (context !== undefined) this.#span.link(context);
    this.#span.end();
  }
}

/** A socket's way back to the channel: linked to the chats it was sent something of. */
export class CatchUpSpan {
  readonly #span: Span;
  readonly #linked = new Set<string>();

  constructor(span: Span) {
    this.#span = span;
  }

  passed(event: ChannelEvent): void {
    if (this.#linked.size >= MAX_LINKS) return;
    const context = contextOf(event);
    if (context !== undefined) this.linkTo(context);
  }

  linkTo(context: TraceContext): void {
    if (this.#linked.size >= MAX_LINKS || this.#linked.has(context.traceparent)) return;
    this.#linked.add(context.traceparent);
    this.#span.link(context);
  }

  lag(): void {
    this.#span.event(SPAN_EVENT.lag);
  }

  end(outcome: 'level' | 'gone', eventsReplayed: number): void {
    this.#span.set({ [ATTRIBUTE.outcome]: outcome, [ATTRIBUTE.eventsReplayed]: eventsReplayed });
    this.#span.end();
  }
}

/** The publish that hands the chat to the workers. */
export function startSending(chat: Span): Span {
  return chat.start(SPAN.sendRequest, {
    kind: 'producer',
    attributes: messageAttributes('send', 'send', 'chat.request.{session}.{request}'),
  });
}

/** The first event of the chat's log. */
export function startAccepting(chat: Span): Span {
  return chat.start(SPAN.appendEvent, {
    kind: 'producer',
    attributes: messageAttributes('publish', 'send', 'session.{session}.chat.{request}'),
  });
}

function contextOf(event: Pick<ChannelEvent, 'header'>): TraceContext | undefined {
  return traceContextOf((name) => event.header(name));
}

function aboutChat(sessionId: string, requestId: string) {
  return { [ATTRIBUTE.sessionId]: sessionId, [ATTRIBUTE.messagingConversation]: requestId };
}
