import type { SeededRandom } from '../../support/seeded-random.ts';
import { frameBytes } from '../../support/raw-socket.ts';
import { damaged, hostileBytes, hostileJson, hostileText } from './hostile-values.ts';

/** Few, so that attackers meet each other. */
const SESSIONS = ['fuzz-a', 'fuzz-b', 'fuzz-c', '__proto__', 'constructor'];
const INVESTIGATIONS = ['INV-a', 'INV-b', '__proto__'];
const REQUESTS = ['r1', 'r2', 'r3'];

export const anySession = (random: SeededRandom): string => random.pick(SESSIONS);

/** A message as a client would send it. */
function goodMessage(random: SeededRandom): Record<string, unknown> {
  const investigation = { investigation_id: random.pick(INVESTIGATIONS) };
  return random.pick<() => Record<string, unknown>>([
    () => ({ type: 'ping' }),
    () => ({ type: 'chat', id: random.pick(REQUESTS), data: { message: hostileText(random) || 'Olá' } }),
    () => ({ type: 'chat', data: { content: 'Olá', context: hostileJson(random) } }),
    () => ({ type: 'cancel', data: { request_id: random.pick(REQUESTS) } }),
    () => ({ type: 'subscribe', data: investigation }),
    () => ({ type: 'unsubscribe', data: investigation }),
    () => ({ type: 'history', data: { limit: random.integer(1, 200) } }),
    () => ({ type: 'auth', data: { token: hostileText(random) } }),
  ])();
}

/** The same with one of its fields replaced by anything. */
function wrongMessage(random: SeededRandom): Record<string, unknown> {
  const message = goodMessage(random);
  const inner = message['data'];
  const target = typeof inner === 'object' && inner !== null && random.chance(0.7) ? inner : message;
  const key = random.pick([...Object.keys(target), 'data', 'extra', 'since', 'before', 'traceparent']);
  return target === message
    ? { ...message, [key]: hostileJson(random) }
    : { ...message, data: { ...target, [key]: hostileJson(random) } };
}

/** What a client sends as one frame: text, or bytes for a binary one. */
export function anyFrame(random: SeededRandom): string | Buffer {
  const kind = random.integer(0, 9);
  if (kind <= 1) return JSON.stringify(goodMessage(random));
  if (kind <= 4) return JSON.stringify(wrongMessage(random));
  if (kind === 5) return JSON.stringify(hostileJson(random)) || '';
  if (kind <= 7) return damaged(JSON.stringify(wrongMessage(random)), random);
  if (kind === 8) return hostileBytes(random, 300);
  const depth = random.integer(1, 5_000);
  return `{"type":"ping","data":${random.pick(['[', '{"a":'])}`.repeat(depth).slice(0, 60_000);
}

/** Bytes on a WebSocket that keep its protocol, nearly, or not at all. */
export function anyFrameBytes(random: SeededRandom): Buffer {
  if (random.chance(0.2)) return hostileBytes(random, 200);
  const payload = random.chance(0.5) ? Buffer.from(anyFrame(random)) : hostileBytes(random, 200);
  const frame = frameBytes(random.integer(0, 15), payload, {
    fin: random.chance(0.8),
    rsv: random.chance(0.1) ? random.integer(0, 7) : 0,
    masked: random.chance(0.95),
    ...(random.chance(0.1) ? { length: random.pick([0, 125, 126, 65_535, 65_536, 2 ** 31, 2n ** 63n]) } : {}),
  });
  return random.chance(0.1) ? frame.subarray(0, random.integer(0, frame.length)) : frame;
}

/** The bytes of an HTTP request, more or less. */
export function anyRequest(random: SeededRandom): Buffer {
  const method = random.pick(['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', hostileText(random)]);
  const path = random.pick([
    () => `/ws/chat/${anySession(random)}`,
    () =>
      `/sse/chat/${anySession(random)}?since=${encodeURIComponent(hostileText(random).replace(/[\ud800-\udfff]/g, ''))}`,
    () => `/api/v1/chat/${anySession(random)}`,
    () => `/api/v1/ws/investigations/${hostileText(random)}`,
    () => hostileText(random),
  ])();
  const body = random.chance(0.5) ? damaged(JSON.stringify({ message: 'Olá', id: 'r1' }), random) : '';
  const names = [
    'Origin',
    'Authorization',
    'X-Forwarded-For',
    'Upgrade',
    'Connection',
    'Last-Event-ID',
    'Cookie',
    'traceparent',
  ];
  const headers = Array.from({ length: random.integer(0, 6) }, () => {
    const value = random.chance(0.5)
      ? random.pick(['websocket', 'Upgrade', 'Bearer x.y.z', '1', 'a, b'])
      : hostileText(random);
    return `${random.pick(names)}: ${value.slice(0, 3_000)}`;
  });
  const length = random.chance(0.8) ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const text = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${[...headers, ...length].join('\r\n')}\r\n\r\n${body}`;
  return Buffer.from(random.chance(0.2) ? damaged(text, random) : text);
}

export interface HostileMessage {
  readonly subject: string;
  readonly payload: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const token = (random: SeededRandom): string =>
  random.chance(0.7)
    ? random.pick([
        ...SESSIONS,
        ...INVESTIGATIONS,
        ...REQUESTS,
        'anomaly',
        'progress',
        'notification',
        'chat',
      ])
    : hostileText(random)
        .replace(/[\s.*>\0-\u0020\ud800-\udfff]/g, '')
        .slice(0, 200) || 'x';

/** What a publisher may write, whatever is in it. */
const publisherSubject = (random: SeededRandom): string =>
  random.chance(0.7)
    ? `investigation.${token(random)}.${token(random)}`
    : `session.${token(random)}.notification`;

/** What an operator may write. */
const operatorSubject = (random: SeededRandom): string =>
  `control.${random.pick(['revoke', 'forget', 'forgotten', token(random)])}`;

/** What the broker's roles keep strangers from, and gateways and workers read. */
function serviceSubject(random: SeededRandom): string {
  return random.pick([
    () => `session.${token(random)}.chat.${token(random)}`,
    () => `session.${token(random)}.cancel.${token(random)}`,
    () => `session.${token(random)}.${token(random)}.${token(random)}.${token(random)}`,
    () => `chat.request.${token(random)}.${token(random)}`,
    () => `live.session.${token(random)}.chat.${token(random)}`,
    () => `live.investigation.${token(random)}.${token(random)}`,
    () => `live.control.revoke`,
    () => `internal.${token(random)}.${token(random)}`,
  ])();
}

/**
 * What somebody may publish. Where only services may write it is nothing that one of them could have
 * written: whoever may write events there may say anything to the session's sockets, and is believed.
 */
export function anyMessage(random: SeededRandom): HostileMessage {
  const kind = random.integer(0, 9);
  if (kind <= 4) {
    return { subject: publisherSubject(random), payload: anyPayload(random), headers: anyHeaders(random) };
  }
  if (kind <= 7) {
    return { subject: serviceSubject(random), payload: anyPayload(random), headers: anyHeaders(random) };
  }
  // Every other one is a good one, for attackers: theirs are the sockets it closes, and the events it erases.
  const payload =
    kind === 8 ? anyPayload(random) : Buffer.from(JSON.stringify({ session_id: anySession(random) }));
  return { subject: operatorSubject(random), payload, headers: [] };
}

function anyPayload(random: SeededRandom): Buffer {
  if (random.chance(0.25)) return hostileBytes(random, 500);
  const json = JSON.stringify(hostileJson(random)) || '';
  return Buffer.from(random.chance(0.3) ? damaged(json, random) : json);
}

const HEADER_NAMES = [
  ...['Nats-Msg-Id', 'Nats-Sequence', 'Nats-Last-Sequence', 'Nats-Rollup', 'Chat-Accepted-Sequence'],
  ...['Nats-Expected-Last-Sequence', 'Nats-Stream', 'Nats-Subject', 'Nats-Time-Stamp', 'traceparent', 'x'],
];

function anyHeaders(random: SeededRandom): HostileMessage['headers'] {
  return Array.from({ length: random.integer(0, 3) }, () => [
    random.pick(HEADER_NAMES),
    random.chance(0.5)
      ? String(random.pick([0, 1, 7, 2 ** 53, -1]))
      : hostileText(random)
          .replace(/[\r\n]/g, ' ')
          .slice(0, 500),
  ]);
}
