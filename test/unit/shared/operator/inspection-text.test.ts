import { describe, expect, it } from 'vitest';
import type {
  ChatAttempt,
  GatewayAnswer,
  StoredAnswer,
  WorkerAnswer,
} from '../../../../shared/bus-protocol/inspection.ts';
import type { Finding, Report } from '../../../../shared/operator/inspection/report.ts';
import { textOf, unknownText } from '../../../../shared/operator/inspection/text.ts';
import { bytes, plain, span } from '../../../../shared/operator/inspection/words.ts';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);
const ago = (ms: number): number => NOW - ms;

const gateway: GatewayAnswer = {
  from: 'gateway',
  id: 'g-1',
  port: 8000,
  draining: true,
  session_id: 'demo',
  sockets_total: 9,
  sockets_about: 3,
  sockets: [
    {
      connection_id: 'c-1',
      session_id: 'demo',
      via: 'ws',
      user: 'maria\u001b[31m',
      opened_at_ms: ago(90_000),
      waiting_bytes: 65_536,
      channels: [{ channel: 'session', state: 'behind', at: { base: 40, above: [44] } }],
      queued: ['q-3'],
    },
    {
      connection_id: 'c-2',
      session_id: 'demo',
      via: 'sse',
      user: null,
      opened_at_ms: ago(1_500),
      waiting_bytes: 0,
      channels: [{ channel: 'session', state: 'level', at: { base: 50, above: [] } }],
      queued: [],
    },
  ],
  channel: {
    channel: 'session',
    at: { base: 50, above: [] },
    running: [{ request_id: 'q-2', has_chunk: true, quiet_ms: 250 }],
  },
  accepting: ['q-2'],
  closed: [
    {
      connection_id: 'c-0',
      via: 'ws',
      opened_at_ms: ago(300_000),
      closed_at_ms: ago(20_000),
      code: 1008,
      reason: 'Token expired',
      was_behind: true,
    },
    {
      connection_id: 'c-9',
      via: 'ws',
      opened_at_ms: ago(9_000),
      closed_at_ms: ago(8_000),
      code: 1006,
      reason: null,
      was_behind: false,
    },
  ],
};

const worker: WorkerAnswer = {
  from: 'worker',
  id: 'w-2',
  draining: false,
  capacity: 64,
  running: 1,
  turns: [
    {
      session_id: 'demo',
      request_id: 'q-2',
      taken_at_ms: ago(4_000),
      waited_ms: 6_000,
      delivery: 2,
      attempt: 2,
      agent: 'drummond',
      first_chunk_at_ms: ago(3_900),
      chunks: 12,
      outcome: null,
      ended_at_ms: null,
    },
  ],
};

const attempt: ChatAttempt = {
  attempt: 1,
  worker: 'w-1',
  claimed_at_ms: ago(9_900),
  first_chunk_at_ms: ago(9_800),
  chunks: 3,
  look_ups: 2,
  last_at_ms: ago(9_000),
  outcome: 'lost',
};

const stored: StoredAnswer = {
  from: 'stored',
  record: {
    owner: 'maria',
    subscriptions: [{ investigation_id: 'INV-1', from: { base: 7, above: [] } }],
    chats: 2,
    seen_at_ms: ago(10_000),
    forgotten_at_ms: null,
  },
  chats: [
    {
      session_id: 'demo',
      request_id: 'q-2',
      first_sequence: 31,
      last_sequence: 50,
      accepted_at_ms: ago(10_000),
      attempts: [
        attempt,
        {
          ...attempt,
          attempt: 2,
          worker: 'w-2',
          claimed_at_ms: ago(4_000),
          first_chunk_at_ms: null,
          chunks: 0,
          look_ups: 0,
          last_at_ms: ago(4_000),
          outcome: 'running',
        },
      ],
      restarts: 1,
      cancel_at_ms: null,
      end: null,
    },
  ],
  last_events: [],
};

const finding: Finding = {
  about: { session_id: 'demo' },
  broker: {
    stream: { name: 'SESSIONS', first: 1, last: 60, epoch: 'abcdefgh' },
    kept: [
      { what: 'chat', id: 'q-1', messages: 20 },
      { what: 'chat', id: 'q-2', messages: 19 },
      { what: 'notification', id: '', messages: 1 },
    ],
    queue: { waiting: 0, taken: 1 },
    queued: ['q-2'],
  },
  gateways: [gateway],
  workers: [worker],
  stored,
};

function reportOf(changes: Partial<Finding> = {}, facts: Partial<Report> = {}): Report {
  return {
    asked: { kind: 'session', id: 'demo' },
    atMs: NOW,
    waitMs: 2_000,
    known: true,
    answered: true,
    findings: [{ ...finding, ...changes }],
    ...facts,
  };
}

describe('what an operator reads', () => {
  it('is everything, in order', () => {
    expect(textOf(reportOf())).toBe(`Session demo

Sockets
  gateway g-1 (port 8000, draining): 3 of 9 sockets
    c-1  ws, user maria?[31m, for 90 s, 64 KiB wait for it
      session: behind at 40 and 44, the channel is 10 places further
      waiting chats: q-3
    c-2  sse, anonymous, for 1.500 s
      session: level at 50
    … and 1 more

Closed lately
  c-0  ws, 20 s ago after 5 min, lagging: 1008 by the gateway, "Token expired" (gateway g-1)
  c-9  ws, 8.000 s ago after 1.000 s: 1006 without a close frame: the network, the client, or silence (gateway g-1)

Channel
  SESSIONS keeps 1 to 60; 40 messages of this: 2 chats, 1 notification
  gateway g-1 is at 50; running: q-2 (answering, quiet for 0.250 s)

Record
  belongs to maria; 2 chats; written 10 s ago
  follows INV-1 (from 7)

Queue
  0 waiting, 1 taken; of this session: q-2
  sent by a gateway that waits for the end: q-2

Chats
  q-2  runs
    accepted 2026-01-31T11:59:50.000Z, places 31 to 50
    attempt 1 by w-1: claimed +0.100 s, first chunk after 0.100 s, 3 chunks, 2 look-ups, lost, last event +1.000 s
    attempt 2 by w-2: claimed +6.000 s, 5.000 s after the one before, no chunk, running, last event 4.000 s ago
    the answer began anew: 1 time

Workers
  worker w-2: runs 1 of at most 64
    q-2: attempt 2, agent drummond, delivery 2, 6.000 s after it was queued, 12 chunks, runs for 4.000 s
`);
  });

  it.each([
    ['no gateway', { gateways: [] }, /no gateway answered[^]*\nNo gateway answered within 2\.000 s\.$/],
    ['no worker', { workers: [] }, /no worker answered[^]*\nNo worker answered within 2\.000 s\.$/],
    ['nobody who reads the streams', { stored: undefined }, /No service read the streams within 2\.000 s/],
  ])('says that there was %s', (_name, changes, said) => {
    expect(textOf(reportOf(changes))).toMatch(said);
  });

  it.each([
    ['waits for a worker', [], ['q-2']],
    ['accepted', [], []],
    ['has no end and is not in the queue', [attempt], []],
  ])('tells that a chat %s', (said, attempts, queued) => {
    const chats = stored.chats.map((chat) => ({ ...chat, attempts }));
    const broker = finding.broker === undefined ? undefined : { ...finding.broker, queued };
    expect(textOf(reportOf({ stored: { ...stored, chats }, broker }))).toContain(`  q-2  ${said}\n`);
  });

  it('names the session of a request, and of sockets that follow an investigation', () => {
    const request = { asked: { kind: 'request', id: 'q-2' } } as const;
    expect(textOf(reportOf({ about: { request_id: 'q-2' } }, request))).toMatch(
      /^Request q-2, session demo\n/,
    );
    const investigation = { asked: { kind: 'investigation', id: 'INV-1' } } as const;
    expect(textOf(reportOf({}, investigation))).toContain('anonymous, session demo, for');
  });

  it('says that a stream is empty', () => {
    const stream = { name: 'SESSIONS', first: 1, last: 0, epoch: 'abcdefgh' } as const;
    const broker = { stream, kept: [], queue: undefined, queued: [] };
    expect(textOf(reportOf({ broker }))).toContain('  SESSIONS is empty; nothing of this\n');
  });

  it('says what nobody knows', () => {
    const nothing = reportOf({}, { known: false });
    expect(unknownText(nothing)).toBe(
      'Nothing is known of session demo: no socket, no event, nothing in the queue.',
    );
    expect(unknownText({ ...nothing, answered: false })).toContain('no gateway and no worker answered');
  });
});

describe('numbers and names at a terminal', () => {
  it('are short', () => {
    expect([0, 999, 10_000, 119_999, 120_000, 7_200_000, -5].map(span)).toEqual([
      ...['0.000 s', '0.999 s', '10 s', '120 s', '2 min', '2 h', '0.000 s'],
    ]);
    expect([12, 2_048, 3_145_728].map(bytes)).toEqual(['12 B', '2 KiB', '3.0 MiB']);
  });

  it('control nothing', () => {
    expect(plain('a\u001b[2J\r\nb\u0007ção')).toBe('a?[2J??b?ção');
  });
});
