import type { GatewayAnswer, Place } from '../../bus-protocol/inspection.ts';
import { chatLines, workerLines } from './chat-text.ts';
import type { Asked, Finding, Report } from './report.ts';
import { bytes, clock, counted, plain, span } from './words.ts';

/** The report as people read it. */
export function textOf(report: Report): string {
  const lines = report.findings.flatMap((finding) => findingLines(finding, report));
  return [...lines, ...warnings(report)].join('\n');
}

/** What is said where nothing is known. */
export function unknownText({ asked, answered }: Report): string {
  const known = `Nothing is known of ${nameOf(asked)}`;
  if (answered) return `${known}: no socket, no event, nothing in the queue.`;
  return `${known}, but no gateway and no worker answered.`;
}

function nameOf({ kind, id }: Asked): string {
  return `${kind} ${id}`;
}

function findingLines(finding: Finding, report: Report): readonly string[] {
  const { gateways, stored } = finding;
  const ofRequest = report.asked.kind === 'request';
  return [
    titleOf(finding, report),
    '',
    'Sockets',
    ...(gateways.length === 0 ? ['  no gateway answered'] : []),
    ...gateways.flatMap((gateway) => socketLines(gateway, report)),
    ...section(
      'Closed lately',
      gateways.flatMap((gateway) => closedLines(gateway, report)),
    ),
    ...section('Channel', channelLines(finding, report)),
    ...section('Record', recordLines(finding, report)),
    ...section('Queue', queueLines(finding)),
    ...section('Chats', chatLines(stored?.chats ?? [], finding, report)),
    ...section('Workers', ofRequest || report.asked.kind === 'session' ? workerLines(finding, report) : []),
    '',
  ];
}

function titleOf({ about, gateways }: Finding, { asked }: Report): string {
  if (asked.kind !== 'request')
    return `${asked.kind === 'session' ? 'Session' : 'Investigation'} ${asked.id}`;
  const told = gateways.find(({ session_id }) => session_id !== null)?.session_id;
  const sessionId = ('session_id' in about ? about.session_id : undefined) ?? told ?? 'of no session';
  return `Request ${asked.id}, session ${sessionId}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function socketLines(gateway: GatewayAnswer, { asked, atMs }: Report): readonly string[] {
  const { sockets, sockets_about: about, sockets_total: total } = gateway;
  const draining = gateway.draining ? ', draining' : '';
  const head = `  gateway ${gateway.id} (port ${String(gateway.port)}${draining}): ${String(about)} of ${counted(total, 'socket')}`;
  const lines = sockets.flatMap((socket) => {
    const waiting = socket.waiting_bytes === 0 ? '' : `, ${bytes(socket.waiting_bytes)} wait for it`;
    const user = socket.user === null ? 'anonymous' : `user ${plain(socket.user)}`;
    const session = asked.kind === 'investigation' ? `, session ${socket.session_id}` : '';
    return [
      `    ${socket.connection_id}  ${socket.via}, ${user}${session}, for ${span(atMs - socket.opened_at_ms)}${waiting}`,
      ...socket.channels.map((channel) => `      ${channel.channel}: ${standing(channel, gateway.channel)}`),
      ...(socket.queued.length === 0 ? [] : [`      waiting chats: ${socket.queued.join(', ')}`]),
    ];
  });
  const more = about - sockets.length;
  return [head, ...lines, ...(more > 0 ? [`    … and ${String(more)} more`] : [])];
}

function standing(
  socket: GatewayAnswer['sockets'][number]['channels'][number],
  open: GatewayAnswer['channel'],
): string {
  const at = `${socket.state} at ${place(socket.at)}`;
  if (socket.state === 'level' || open === null || open.channel !== socket.channel) return at;
  // The stream is shared with other channels: so many of its places are not so many events.
  return `${at}, the channel is ${counted(Math.max(0, open.at.base - socket.at.base), 'place')} further`;
}

function place({ base, above }: Place): string {
  return above.length === 0 ? String(base) : `${String(base)} and ${above.join(', ')}`;
}

function closedLines({ id, closed }: GatewayAnswer, { atMs }: Report): readonly string[] {
  return closed.map((socket) => {
    const { connection_id, via, code, reason, was_behind: wasBehind } = socket;
    const lasted = span(socket.closed_at_ms - socket.opened_at_ms);
    const why = reason === null ? endOf(code) : `by the gateway, "${reason}"`;
    const lagged = wasBehind ? ', lagging' : '';
    return `  ${connection_id}  ${via}, ${span(atMs - socket.closed_at_ms)} ago after ${lasted}${lagged}: ${String(code)} ${why} (gateway ${id})`;
  });
}

function endOf(code: number): string {
  return code === 1006 ? 'without a close frame: the network, the client, or silence' : 'by the client';
}

function channelLines({ broker, gateways, stored }: Finding, { atMs }: Report): readonly string[] {
  const keeps =
    broker === undefined
      ? []
      : [`  ${broker.stream.name} ${boundsText(broker.stream)}; ${keptText(broker.kept)}`];
  const open = gateways.flatMap(({ id, channel }) =>
    channel === null ? [] : [`  gateway ${id} is at ${place(channel.at)}${runningText(channel.running)}`],
  );
  const last = (stored?.last_events ?? []).map(
    ({ kind, sequence, at_ms: eventAtMs }) =>
      `  last ${kind}: ${String(sequence)}, ${span(atMs - eventAtMs)} ago`,
  );
  return [...keeps, ...last, ...open];
}

function boundsText({ first, last }: NonNullable<Finding['broker']>['stream']): string {
  return last < first ? 'is empty' : `keeps ${String(first)} to ${String(last)}`;
}

function keptText(kept: NonNullable<Finding['broker']>['kept']): string {
  if (kept.length === 0) return 'nothing of this';
  const messages = kept.reduce((sum, { messages: count }) => sum + count, 0);
  const events = kept
    .filter(({ what }) => what === 'event')
    .map(({ id, messages: count }) => `${count} ${id}`);
  const chats = kept.filter(({ what }) => what === 'chat').length;
  const notifications = kept.find(({ what }) => what === 'notification')?.messages ?? 0;
  const parts = [
    ...events,
    ...(chats === 0 ? [] : [counted(chats, 'chat')]),
    ...(notifications === 0 ? [] : [counted(notifications, 'notification')]),
  ];
  return `${counted(messages, 'message')} of this: ${parts.join(', ')}`;
}

function runningText(running: NonNullable<GatewayAnswer['channel']>['running']): string {
  if (running.length === 0) return '';
  const chats = running.map(
    ({ request_id, has_chunk, quiet_ms }) =>
      `${request_id} (${has_chunk ? 'answering' : 'no chunk yet'}, quiet for ${span(quiet_ms)})`,
  );
  return `; running: ${chats.join(', ')}`;
}

function recordLines({ stored }: Finding, { atMs }: Report): readonly string[] {
  const record = stored?.record;
  if (record === undefined || record === null) return [];
  const owner = record.owner === null ? 'nobody' : plain(record.owner);
  const follows = record.subscriptions.map(({ investigation_id, from }) =>
    from === null ? investigation_id : `${investigation_id} (from ${place(from)})`,
  );
  return [
    `  belongs to ${owner}; ${counted(record.chats, 'chat')}; written ${span(atMs - record.seen_at_ms)} ago`,
    ...(follows.length === 0 ? [] : [`  follows ${follows.join(', ')}`]),
    ...(record.forgotten_at_ms === null ? [] : [`  erased ${clock(record.forgotten_at_ms)}`]),
  ];
}

function queueLines({ broker, gateways }: Finding): readonly string[] {
  if (broker?.queue === undefined) return [];
  const { waiting, taken } = broker.queue;
  const own =
    broker.queued.length === 0 ? 'none of this session' : `of this session: ${broker.queued.join(', ')}`;
  const accepting = gateways.flatMap((gateway) => gateway.accepting);
  return [
    `  ${String(waiting)} waiting, ${String(taken)} taken; ${own}`,
    ...(accepting.length === 0
      ? []
      : [`  sent by a gateway that waits for the end: ${accepting.join(', ')}`]),
  ];
}

function warnings({ findings, answered, waitMs }: Report): readonly string[] {
  const within = `within ${span(waitMs)}`;
  if (!answered) return [`No gateway and no worker answered ${within}: this is the broker's word alone.`];
  return [
    ...(findings.some(({ gateways }) => gateways.length === 0) ? [`No gateway answered ${within}.`] : []),
    ...(findings.some(({ workers }) => workers.length === 0) ? [`No worker answered ${within}.`] : []),
    ...(findings.some(({ stored }) => stored === undefined)
      ? [`No service read the streams ${within}: chats and record are missing here.`]
      : []),
  ];
}
