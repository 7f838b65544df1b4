import type { GatewayAnswer, InspectionSubject, Place } from '../../shared/bus-protocol/inspection.ts';
import type { Position } from '../../shared/channel/position.ts';
import type { Channel } from '../outbound/channel.ts';
import type { InvestigationChannels } from '../outbound/investigation-channels.ts';
import type { Connection } from '../session/connection.ts';
import type { Doorway } from '../session/doorway.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';

/** An answer has to fit into one message of the broker. */
const MAX_SOCKETS = 100;
const MAX_CHANNELS = 10;

export interface InspectedGateway {
  readonly id: string;
  /** The public one. */
  readonly port: number;
  readonly doorway: Pick<Doorway, 'connections' | 'draining' | 'closes'>;
  readonly sessions: Pick<Sessions, 'find' | typeof Symbol.iterator>;
  readonly investigations: Pick<InvestigationChannels, 'find'>;
}

type Found = Pick<GatewayAnswer, 'session_id' | 'channel' | 'accepting' | 'closed'> & {
  readonly connections: readonly Connection[];
};

/** What a gateway says of itself when an operator asks about a session, a request or an investigation. */
export function inspectGateway(gateway: InspectedGateway, about: InspectionSubject): GatewayAnswer {
  const { id, port, doorway } = gateway;
  const found =
    'investigation_id' in about
      ? ofInvestigation(gateway, about.investigation_id)
      : ofSession(gateway, sessionIdOf(gateway, about));
  const { connections, ...rest } = found;
  return {
    from: 'gateway',
    id,
    port,
    draining: doorway.draining,
    sockets_total: doorway.connections.size,
    sockets: connections.slice(0, MAX_SOCKETS).map(inspectSocket),
    sockets_about: connections.length,
    ...rest,
  };
}

function sessionIdOf(
  { sessions }: InspectedGateway,
  about: Exclude<InspectionSubject, { investigation_id: string }>,
): string {
  if (about.session_id !== undefined) return about.session_id;
  const requestId = 'request_id' in about ? about.request_id : '';
  // A chat that waits on its socket is known to nobody else.
  for (const session of sessions) {
    if (session.accepting.has(requestId)) return session.id;
    for (const connection of session.connections) {
      if (connection.queued.includes(requestId)) return session.id;
    }
  }
  return '';
}

function ofSession({ sessions, doorway }: InspectedGateway, sessionId: string): Found {
  const session = sessions.find(sessionId);
  return {
    session_id: session?.id ?? null,
    connections: [...(session?.connections ?? [])],
    channel: session === undefined ? null : openChannel(session.channel, session),
    accepting: [...(session?.accepting.keys() ?? [])],
    closed: doorway.closes.ofSession(sessionId),
  };
}

function ofInvestigation({ investigations, doorway }: InspectedGateway, investigationId: string): Found {
  const channel = investigations.find(investigationId);
  const wireName = `investigation.${investigationId}`;
  return {
    session_id: null,
    connections: [...doorway.connections].filter((connection) => connection.isAttached(wireName)),
    channel: channel === undefined ? null : openChannel(channel, undefined),
    accepting: [],
    closed: doorway.closes.ofChannel(wireName),
  };
}

function openChannel(channel: Channel, session: Session | undefined): GatewayAnswer['channel'] {
  const now = performance.now();
  const running = [...(session?.runningChats ?? [])].map(([requestId, { chunkSeen, quietSinceMs }]) => ({
    request_id: requestId,
    has_chunk: chunkSeen,
    quiet_ms: Math.round(now - quietSinceMs),
  }));
  return { channel: channel.wireName, at: placeOf(channel.position), running };
}

function inspectSocket(connection: Connection): GatewayAnswer['sockets'][number] {
  const channels = [...connection.standings()].slice(0, MAX_CHANNELS);
  return {
    connection_id: connection.id,
    session_id: connection.sessionId,
    via: connection.via,
    user: connection.principal?.sub ?? null,
    opened_at_ms: connection.openedAtMs,
    waiting_bytes: connection.waitingBytes,
    channels: channels.map(([channel, { state, position }]) => ({ channel, state, at: placeOf(position) })),
    queued: [...connection.queued],
  };
}

function placeOf({ base, above }: Position): Place {
  return { base, above: [...above] };
}
