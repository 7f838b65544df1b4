import {
  parseChatRequestSubject,
  parseInvestigationSubject,
  parseSessionSubject,
  subjects,
} from '../../bus-protocol/subjects.ts';
import type { StreamName } from '../../bus-protocol/streams.ts';
import type { StreamBounds } from '../../bus/bus.ts';
import type { NatsBus } from '../../bus/nats-bus.ts';

export type OperatorBus = Pick<NatsBus, 'bounds' | 'census' | 'shards'>;

/** What the broker says without anybody reading a message. */
export interface BrokerFacts {
  readonly stream: { readonly name: StreamName } & StreamBounds;
  /** What is kept of it: `chat <request>`, `notification`, a kind of event, with the number of messages. */
  readonly kept: readonly KeptSubject[];
  readonly queue: { readonly waiting: number; readonly taken: number } | undefined;
  /** Items of it in the work queue, taken or not. */
  readonly queued: readonly string[];
}

interface KeptSubject {
  readonly what: 'chat' | 'cancel' | 'notification' | 'event';
  /** The request, or the kind of event; empty for notifications. */
  readonly id: string;
  readonly messages: number;
}

/** @throws UnavailableError */
export async function factsOfSession(bus: OperatorBus, sessionId: string): Promise<BrokerFacts> {
  const name = bus.shards.streamOf(sessionId);
  const [bounds, logs, items, queue] = await Promise.all([
    bus.bounds(name),
    bus.census.subjectsOf(name, subjects.sessionChannel(sessionId)),
    bus.census.subjectsOf('CHAT_REQUESTS', subjects.chatRequests(sessionId)),
    bus.census.queue(),
  ]);
  return {
    stream: { name, ...bounds },
    kept: keptOfSession(logs),
    queue,
    queued: [...items.keys()].flatMap((subject) => parseChatRequestSubject(subject)?.requestId ?? []),
  };
}

/** The sessions that have a chat with this request id, stored or queued: normally one. @throws UnavailableError */
export async function sessionsOfRequest(bus: OperatorBus, requestId: string): Promise<readonly string[]> {
  const logsOf = subjects.chatLogsOf(requestId);
  const [logs, items] = await Promise.all([
    Promise.all(bus.shards.streams.map((stream) => bus.census.subjectsOf(stream, logsOf))),
    bus.census.subjectsOf('CHAT_REQUESTS', subjects.chatRequestsOf(requestId)),
  ]);
  const sessions = [
    ...logs.flatMap((found) => [...found.keys()]).map((subject) => parseSessionSubject(subject)?.sessionId),
    ...[...items.keys()].map((subject) => parseChatRequestSubject(subject)?.sessionId),
  ];
  return [...new Set(sessions)].filter((sessionId) => sessionId !== undefined).sort();
}

/** @throws UnavailableError */
export async function factsOfInvestigation(bus: OperatorBus, investigationId: string): Promise<BrokerFacts> {
  const [bounds, events] = await Promise.all([
    bus.bounds('INVESTIGATIONS'),
    bus.census.subjectsOf('INVESTIGATIONS', subjects.investigationChannel(investigationId)),
  ]);
  const kept = [...events].flatMap(([subject, messages]): KeptSubject[] => {
    const kind = parseInvestigationSubject(subject)?.kind;
    return kind === undefined ? [] : [{ what: 'event', id: kind, messages }];
  });
  return { stream: { name: 'INVESTIGATIONS', ...bounds }, kept, queue: undefined, queued: [] };
}

function keptOfSession(logs: ReadonlyMap<string, number>): readonly KeptSubject[] {
  return [...logs].flatMap(([subject, messages]): KeptSubject[] => {
    const about = parseSessionSubject(subject);
    if (about === undefined) return [];
    const id = about.kind === 'notification' ? '' : about.requestId;
    return [{ what: about.kind, id, messages }];
  });
}
