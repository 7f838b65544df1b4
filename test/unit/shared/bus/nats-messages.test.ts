import type { Msg } from '@nats-io/transport-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveMessage } from '../../../../shared/bus/bus.ts';
import { LiveMessages } from '../../../../shared/bus/nats-messages.ts';
import { propertyOptions } from '../../../support/property-options.ts';

const SUBJECT = 'live.session.s1.chat.q1';
const PAYLOAD = '{"type":"chat"}';
const BROKER = ['Nats-Stream: SESSIONS', 'Nats-Subject: session.s1.chat.q1'];

interface Wire {
  readonly headers?: readonly string[];
  readonly payload?: string;
  readonly subject?: string;
  readonly reply?: string;
  /** What stands before the message in the buffer it was read into. */
  readonly before?: string;
}

/** A message as the client hands it on: its payload is a view on what was read. */
function received({
  headers = [],
  payload = PAYLOAD,
  subject = SUBJECT,
  reply = '',
  before = '',
}: Wire): Msg {
  const head = headers.length === 0 ? '' : `NATS/1.0\r\n${headers.join('\r\n')}\r\n\r\n`;
  const read = new Uint8Array(Buffer.from(`${before}${head}${payload}\r\n`));
  const [headBytes, payloadBytes] = [Buffer.byteLength(head), Buffer.byteLength(payload)];
  const start = Buffer.byteLength(before) + headBytes;
  const size = Buffer.byteLength(subject) + Buffer.byteLength(reply) + headBytes + payloadBytes;
  const message = { subject, reply, data: read.subarray(start, start + payloadBytes), size: () => size };
  return message as unknown as Msg;
}

const liveMessage = (message: Msg): LiveMessage | undefined => new LiveMessages().read(message);

const place = (sequence: number, previous: number): string[] => [
  ...BROKER,
  `Nats-Sequence: ${sequence}`,
  `Nats-Last-Sequence: ${previous}`,
];

describe('a republished message', () => {
  it('has the stored subject, its place, and its bytes', () => {
    const live = liveMessage(received({ headers: place(42, 17) }));
    expect(live).toMatchObject({ subject: 'session.s1.chat.q1', sequence: 42, previousSequence: 17 });
    expect(Buffer.from(live?.data ?? []).toString()).toBe(PAYLOAD);
  });

  it('is read in any order of the headers, as newer servers add some', () => {
    const headers = [
      ...BROKER,
      'Nats-Last-Sequence: 5',
      'Nats-Time-Stamp: 2026-01-01T00:00:00Z',
      'Nats-Sequence: 9',
    ];
    expect(liveMessage(received({ headers }))).toMatchObject({ sequence: 9, previousSequence: 5 });
  });

  it('is placed by the broker, which writes last, whatever its publisher said', () => {
    const forged = ['Nats-Sequence: 900000000', 'Nats-Last-Sequence: 0', 'x: Nats-Sequence: 3'];
    const live = liveMessage(received({ headers: [...forged, ...place(42, 17)] }));
    expect(live).toMatchObject({ sequence: 42, previousSequence: 17 });
  });

  it('is not looked for before its own headers', () => {
    const before = `NATS/1.0\r\n${place(7, 6).join('\r\n')}\r\n\r\n{}\r\nHMSG x 1 12 20\r\n`;
    expect(liveMessage(received({ before, headers: ['a: b'] }))).toBeUndefined();
    expect(liveMessage(received({ before }))).toBeUndefined();
    expect(liveMessage(received({ before, headers: place(42, 17) }))?.sequence).toBe(42);
  });

  it('keeps its place where the subject is longer in bytes than in characters', () => {
    const subject = 'live.session.são-joão.chat.q1';
    expect(liveMessage(received({ subject, headers: place(3, 2) }))?.sequence).toBe(3);
  });

  it('has its own subject, whichever came before it', () => {
    const messages = new LiveMessages();
    const subjects = [
      's1.chat.q1',
      's1.chat.q1',
      's1.chat.q2',
      's1.chat.q10',
      's1.chat.q1',
      's1.notification',
    ];
    const read = subjects.map((name) => {
      const headers = [
        'Nats-Stream: SESSIONS',
        `Nats-Subject: shard.3.session.${name}`,
        ...place(4, 3).slice(2),
      ];
      return messages.read(received({ subject: `live.session.${name}`, headers }))?.subject;
    });
    expect(read).toEqual(subjects.map((name) => `session.${name}`));
  });

  it('is none, also after one on the same subject, when it asks for a reply', () => {
    const messages = new LiveMessages();
    expect(messages.read(received({ headers: place(4, 3) }))?.sequence).toBe(4);
    expect(messages.read(received({ headers: place(5, 4), reply: '_INBOX.x' }))).toBeUndefined();
  });
});

describe('nothing of the broker', () => {
  it.each([
    ['without headers', {}],
    ['without the number before it', { headers: [...BROKER, 'Nats-Sequence: 4'] }],
    ['without its subject', { headers: ['Nats-Sequence: 4', 'Nats-Last-Sequence: 3'] }],
    ['without its number', { headers: [...BROKER, 'Nats-Last-Sequence: 4'] }],
    ['that asks for a reply', { headers: place(4, 3), reply: '_INBOX.x' }],
    ['with a number that is none', { headers: [...BROKER, 'Nats-Sequence: 4x', 'Nats-Last-Sequence: 3'] }],
    ['with no digits', { headers: [...BROKER, 'Nats-Sequence: ', 'Nats-Last-Sequence: 3'] }],
    ['with the place 0', { headers: place(0, 0) }],
    ['with a number beyond what is exact', { headers: [...BROKER, `Nats-Sequence: ${'9'.repeat(17)}`] }],
  ] as const)('is a message %s', (_, wire) => {
    expect(liveMessage(received(wire))).toBeUndefined();
  });
});

it('has the place it was given, among any other headers', () => {
  const name = fc.stringMatching(/^[A-Za-z-]{1,12}$/);
  const value = fc.stringMatching(/^[ -~]{0,30}$/);
  const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const others = fc.array(fc.tuple(name, value), { maxLength: 5 });
  fc.assert(
    fc.property(others, sequence, sequence, fc.string(), (pairs, own, previous, before) => {
      const headers = [...pairs.map(([key, text]) => `${key}: ${text}`), ...place(own, previous)];
      expect(liveMessage(received({ headers, before }))).toMatchObject({
        sequence: own,
        previousSequence: previous,
      });
    }),
    propertyOptions(1_000),
  );
});
