import { UnavailableError } from '../../shared/bus/bus-errors.ts';
import { decodeCursor, encodeCursor, isRecoverable, type Position } from '../../shared/channel/position.ts';
import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import type { Channel } from '../outbound/channel.ts';
import { asUnavailable } from './accept-chat.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';

/**
 * `subscribe`: the subscription is the session's and is stored before it is confirmed. On the asking socket
 * the channel starts anew, after `since` if it was given and can be honoured.
 */
export async function handleSubscribe(
  context: InboundContext,
  chatting: Chatting,
  message: ClientMessageOf<'subscribe'>,
): Promise<void> {
  const { investigation_id: investigationId, since } = message.data;
  const wanted = since === undefined ? undefined : decodeCursor(since);
  if (since !== undefined && wanted === undefined) throw new ProtocolError('INVALID_MESSAGE');
  const { connection, session } = chatting;
  if (!context.access.maySee(connection, investigationId)) throw new ProtocolError('FORBIDDEN');
  try {
    using hold = await context.investigations.hold(investigationId);
    const now = hold.channel.position;
    const start = wanted === undefined ? { position: now } : await startFrom(hold.channel, wanted);
    if (!session.isSubscribed(investigationId)) await store(context, chatting, investigationId, now);
    if (connection.closed) return;
    // What the socket was promised before comes before.
    context.investigations.detach(connection, investigationId);
    connection.reply('subscribed', {
      investigation_id: investigationId,
      message: `Inscrito para atualizações da investigação ${investigationId}`,
      cursor: encodeCursor(start.position),
      ...('recovered' in start ? { recovered: start.recovered } : {}),
    });
    context.investigations.attach(connection, investigationId, start.position);
  } catch (error) {
    throw error instanceof UnavailableError ? asUnavailable(error, undefined) : error;
  }
}

/** `unsubscribe`: ends the subscription of the whole session, on every gateway. */
export async function handleUnsubscribe(
  { store }: InboundContext,
  { connection, session }: Chatting,
  message: ClientMessageOf<'unsubscribe'>,
): Promise<void> {
  const { investigation_id: investigationId } = message.data;
  try {
    const stored = await store.update(session.id, (state) => {
      const subscriptions = state.subscriptions.filter(
        ({ investigation_id }) => investigation_id !== investigationId,
      );
      return subscriptions.length === state.subscriptions.length ? state : { ...state, subscriptions };
    });
    session.apply(stored);
  } catch (error) {
    throw asUnavailable(error, undefined);
  }
  connection.reply('unsubscribed', { investigation_id: investigationId });
}

async function store(
  { store: records, maxSubscriptions }: InboundContext,
  { session }: Chatting,
  investigationId: string,
  position: Position,
): Promise<void> {
  const stored = await records.update(session.id, (state) => {
    if (state.subscriptions.some(({ investigation_id }) => investigation_id === investigationId))
      return state;
    if (state.subscriptions.length >= maxSubscriptions) throw new ProtocolError('LIMIT');
    const subscription = { investigation_id: investigationId, cursor: encodeCursor(position) };
    return { ...state, subscriptions: [...state.subscriptions, subscription] };
  });
  session.apply(stored);
}

/** The position a cursor names, or the oldest event kept when that can't be honoured. */
export async function startFrom(
  channel: Channel,
  wanted: Position,
): Promise<{ position: Position; recovered: boolean }> {
  if (channel.isNear(wanted)) {
    channel.resumed(true);
    return { position: wanted, recovered: true };
  }
  const bounds = await channel.bounds();
  const recovered = isRecoverable(wanted, bounds);
  channel.resumed(recovered);
  if (recovered) return { position: wanted, recovered };
  return { position: { epoch: bounds.epoch, base: bounds.first - 1, above: [] }, recovered };
}
