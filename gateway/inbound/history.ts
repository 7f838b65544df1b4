import { z } from 'zod';
import type { Bus, StoredMessage, StreamBounds } from '../../shared/bus/bus.ts';
import { endsOfChatLog } from '../../shared/bus/chat-log-ends.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { decodeCursor, encodeCursor } from '../../shared/channel/position.ts';
import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { MAX_HISTORY_BYTES } from '../../shared/socket-protocol/limits.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { encodeNotification } from '../outbound/session-relay.ts';
import { PayloadError } from '../outbound/stranger-payload.ts';
import { asUnavailable } from './accept-chat.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';

interface PastEvent {
  readonly sequence: number;
  /** The event as it was sent, without channel and cursor. */
  readonly json: string;
}

/** Lookups under way at once for one page. */
const LOOKUP_BATCH = 16;
const utf8 = new TextDecoder();
const event = z.record(z.string(), z.unknown());

/**
 * `history`: what was said, without the chunks. Those are never scanned: the session's record lists its
 * chats, and beginning and end of each are looked up.
 */
export async function handleHistory(
  { bus }: InboundContext,
  { connection, session }: Chatting,
  message: ClientMessageOf<'history'>,
): Promise<void> {
  const { before, limit } = message.data;
  const position = before === undefined ? undefined : decodeCursor(before);
  if (before !== undefined && position === undefined) throw new ProtocolError('INVALID_MESSAGE');
  try {
    const bounds = await bus.bounds(bus.shards.streamOf(session.id));
    const isForeign = position !== undefined && position.epoch !== bounds.epoch;
    const end = isForeign ? 0 : (position?.base ?? bounds.last) + 1;
    const requestIds = session.state.chats.map(([requestId]) => requestId);
    const chats = (await chatEvents(bus, session.id, requestIds)).filter(({ sequence }) => sequence < end);
    // A full page of chat events bounds where notifications are looked for.
    const from = chats.at(-limit)?.sequence ?? bounds.first;
    const notifications = await notificationsOf(bus, session.id, bounds, { from, to: end - 1 }, limit);
    const past = [...chats, ...notifications.events].sort((one, other) => one.sequence - other.sequence);
    const page = lastPage(past, limit);
    const oldest = page[0]?.sequence;
    connection.reply('history', {
      events: page.map(({ json }) => event.parse(JSON.parse(json))),
      ...(oldest === undefined
        ? {}
        : { before: encodeCursor({ epoch: bounds.epoch, base: oldest - 1, above: [] }) }),
      more: page.length < past.length || notifications.more,
    });
  } catch (error) {
    throw asUnavailable(error, undefined);
  }
}

/** Beginning and end of every listed chat that exists, ascending. */
async function chatEvents(bus: Bus, sessionId: string, requestIds: readonly string[]): Promise<PastEvent[]> {
  const found: PastEvent[] = [];
  for (let start = 0; start < requestIds.length; start += LOOKUP_BATCH) {
    const batch = requestIds.slice(start, start + LOOKUP_BATCH);
    const events = await Promise.all(batch.map((requestId) => eventsOfChat(bus, sessionId, requestId)));
    found.push(...events.flat());
  }
  return found.sort((one, other) => one.sequence - other.sequence);
}

async function eventsOfChat(bus: Bus, sessionId: string, requestId: string): Promise<PastEvent[]> {
  const { accepted, end } = await endsOfChatLog(bus, sessionId, requestId);
  return [accepted, end].filter((event) => event !== undefined).map(pastEvent);
}

/** The newest notifications of a range, ascending, and whether there are older ones. */
async function notificationsOf(
  bus: Bus,
  sessionId: string,
  { first, epoch }: StreamBounds,
  range: { readonly from: number; readonly to: number },
  limit: number,
): Promise<{ events: PastEvent[]; more: boolean }> {
  const stream = bus.shards.streamOf(sessionId);
  const subject = subjects.notification(sessionId);
  const events: PastEvent[] = [];
  // Most sessions have none, which one cheap lookup tells.
  if ((await bus.lastOf(stream, subject)) === undefined) return { events, more: false };
  const older = { found: false };
  await bus.read(stream, subject, range, (message) => {
    const json = notificationJson(message, epoch);
    if (json !== undefined) events.push({ sequence: message.sequence, json });
    if (events.length > limit) {
      events.shift();
      older.found = true;
    }
    return true;
  });
  if (!older.found && range.from > first) {
    await bus.read(stream, subject, { from: first, to: range.from - 1 }, () => {
      older.found = true;
      return false;
    });
  }
  return { events, more: older.found };
}

function notificationJson(message: StoredMessage, epoch: string): string | undefined {
  try {
    return encodeNotification(message, epoch);
  } catch (error) {
    if (error instanceof PayloadError) return undefined; // It reached nobody when it came, either.
    throw error;
  }
}

/** The newest events that fit a page. */
function lastPage(events: readonly PastEvent[], limit: number): readonly PastEvent[] {
  let bytes = 0;
  let start = events.length;
  while (start > 0 && events.length - start < limit) {
    bytes += Buffer.byteLength(events[start - 1]?.json ?? '');
    if (bytes > MAX_HISTORY_BYTES && start < events.length) break;
    start -= 1;
  }
  return events.slice(start);
}

function pastEvent(message: StoredMessage): PastEvent {
  return { sequence: message.sequence, json: utf8.decode(message.data) };
}
