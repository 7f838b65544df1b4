import { randomUUID } from 'node:crypto';
import { UnavailableError } from '../../shared/bus/bus-errors.ts';
import { encodeCursor, type Position } from '../../shared/channel/position.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { GatewayEvents } from '../events.ts';
import { ChatDispatcher, investigationDispatcher } from '../inbound/dispatch.ts';
import type { InboundContext } from '../inbound/inbound-context.ts';
import type { Dispatcher } from '../inbound/receive.ts';
import { startFrom } from '../inbound/subscribe.ts';
import type { Channel } from '../outbound/channel.ts';
import type { Access } from './access.ts';
import type { Admitted } from './admission.ts';
import type { Connection } from './connection.ts';
import type { Sessions } from './sessions.ts';

const WELCOME = 'Conectado ao Cidadão.AI em tempo real';

export interface OpenContext {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly inbound: InboundContext;
  readonly events: GatewayEvents;
}

/** The `session_id` an investigation socket is told. */
export function investigationSessionId(investigationId: string): string {
  return `investigation-${investigationId}-${randomUUID()}`;
}

/**
 * Everything between a socket's upgrade and its first event: token, ownership, the channel, the welcome.
 * Undefined when the socket was closed on the way.
 */
export async function openConnection(
  context: OpenContext,
  connection: Connection,
  admitted: Admitted,
): Promise<Dispatcher | undefined> {
  try {
    if (!(await context.access.authenticate(connection, admitted.token))) return undefined;
    return connection.kind === 'chat'
      ? await openChat(context, connection, admitted.since)
      : await openInvestigation(context, connection, admitted);
  } catch (error) {
    context.events.openFailed(error);
    const comesBack = error instanceof UnavailableError || error instanceof ProtocolError;
    connection.close(comesBack ? CloseReason.overloaded : CloseReason.internal);
    return undefined;
  }
}

async function openChat(
  context: OpenContext,
  connection: Connection,
  since: Position | undefined,
): Promise<Dispatcher | undefined> {
  const { access, sessions, inbound } = context;
  // Who has no position yet is new, mostly: whose the session is is written at once, and refused if it is another's.
  const claims = since === undefined && access.claims(connection);
  const session = await sessions.enter(connection, (entered) => access.enter(connection, entered), claims);
  if (session === undefined) return undefined;
  const { channel } = session;
  const start = since === undefined ? undefined : await startFrom(channel, since);
  const holds = await session.holdSubscribed();
  try {
    if (connection.closed) return undefined;
    welcome(connection, channel, start);
    connection.attach(channel, start?.position);
    session.join(connection, holds);
  } finally {
    for (const hold of holds) hold[Symbol.dispose]();
  }
  return new ChatDispatcher(inbound, connection, session);
}

async function openInvestigation(
  { access, inbound }: OpenContext,
  connection: Connection,
  { id, since }: Admitted,
): Promise<Dispatcher | undefined> {
  if (!access.maySee(connection, id)) {
    connection.close(CloseReason.forbidden);
    return undefined;
  }
  using hold = await inbound.investigations.hold(id);
  const start = since === undefined ? undefined : await startFrom(hold.channel, since);
  if (connection.closed) return undefined;
  welcome(connection, hold.channel, start);
  inbound.investigations.attach(connection, id, start?.position);
  return investigationDispatcher(async (renewing, token) => {
    if (!(await access.authenticate(renewing, token))) return false;
    if (access.maySee(renewing, id)) return true;
    renewing.close(CloseReason.forbidden);
    return false;
  }, connection);
}

/** Says where the socket starts. It is attached in the same breath, so that nothing falls between. */
function welcome(
  connection: Connection,
  channel: Channel,
  start: { position: Position; recovered: boolean } | undefined,
): void {
  connection.reply('connection', {
    status: 'connected',
    session_id: connection.sessionId,
    message: WELCOME,
    cursor: encodeCursor(start?.position ?? channel.position),
    ...(start === undefined ? {} : { recovered: start.recovered }),
  });
}
