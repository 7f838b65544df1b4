import type { InspectionSubject } from '../../bus-protocol/inspection.ts';
import type { NatsBus } from '../../bus/nats-bus.ts';
import { factsOfInvestigation, factsOfSession, sessionsOfRequest, type BrokerFacts } from './broker-facts.ts';
import { gather, type Answers } from './gather.ts';

export interface Asked {
  readonly kind: 'session' | 'request' | 'investigation';
  readonly id: string;
  /** Of a request, where it is known. */
  readonly sessionId?: string;
}

/** What is known of one session, request or investigation. */
export interface Finding extends Answers {
  readonly about: InspectionSubject;
  /** Undefined for a request of no session. */
  readonly broker: BrokerFacts | undefined;
}

export interface Report {
  readonly asked: Asked;
  /** When the answers were there, by this machine's clock. */
  readonly atMs: number;
  /** How long the services had. */
  readonly waitMs: number;
  /** Whether anybody knows what was asked about. */
  readonly known: boolean;
  /** Whether any gateway or worker answered. */
  readonly answered: boolean;
  /** One, but for a request id that several sessions have used. */
  readonly findings: readonly Finding[];
}

/** One inquiry after another would take long: what several sessions have used is cut here. */
const MAX_SESSIONS = 5;

type InspectedBus = Pick<NatsBus, 'hear' | 'tell' | 'roundTrip' | 'bounds' | 'census' | 'shards'>;

/** @throws UnavailableError the broker doesn't answer */
export async function inspect(bus: InspectedBus, asked: Asked, waitMs: number): Promise<Report> {
  const findings = await Promise.all((await subjectsOf(bus, asked)).map((about) => find(bus, about, waitMs)));
  return {
    asked,
    atMs: Date.now(),
    waitMs,
    known: findings.some(isKnown),
    answered: findings.some(({ gateways, workers }) => gateways.length + workers.length > 0),
    findings,
  };
}

async function subjectsOf(bus: InspectedBus, asked: Asked): Promise<readonly InspectionSubject[]> {
  const { id } = asked;
  if (asked.kind === 'session') return [{ session_id: id }];
  if (asked.kind === 'investigation') return [{ investigation_id: id, kinds: [] }];
  if (asked.sessionId !== undefined) return [{ session_id: asked.sessionId, request_id: id }];
  const sessions = await sessionsOfRequest(bus, id);
  if (sessions.length === 0) return [{ request_id: id }];
  return sessions.slice(0, MAX_SESSIONS).map((sessionId) => ({ session_id: sessionId, request_id: id }));
}

async function find(bus: InspectedBus, about: InspectionSubject, waitMs: number): Promise<Finding> {
  if ('investigation_id' in about) {
    const broker = await factsOfInvestigation(bus, about.investigation_id);
    const kinds = broker.kept.map(({ id }) => id).slice(0, 100);
    return { about, broker, ...(await gather(bus, { ...about, kinds }, waitMs)) };
  }
  const { session_id: sessionId } = about;
  const [broker, answers] = await Promise.all([
    sessionId === undefined ? undefined : factsOfSession(bus, sessionId),
    gather(bus, about, waitMs),
  ]);
  return { about, broker, ...answers };
}

function isKnown({ about, broker, gateways, workers, stored }: Finding): boolean {
  if ('request_id' in about) {
    const requestId = about.request_id;
    return (
      (stored?.chats.length ?? 0) > 0 ||
      (broker?.queued.includes(requestId) ?? false) ||
      (broker?.kept.some(({ id }) => id === requestId) ?? false) ||
      workers.some(({ turns }) => turns.length > 0) ||
      gateways.some(
        ({ accepting, sockets }) =>
          accepting.includes(requestId) || sockets.some(({ queued }) => queued.includes(requestId)),
      )
    );
  }
  return (
    (broker?.kept.length ?? 0) > 0 ||
    (broker?.queued.length ?? 0) > 0 ||
    (stored?.record ?? null) !== null ||
    workers.some(({ turns }) => turns.length > 0) ||
    gateways.some(({ sockets_about, closed }) => sockets_about > 0 || closed.length > 0)
  );
}
