import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Announcements } from '../../../../gateway/presence/announcements.ts';
import { presenceMessage, type PresenceMessage } from '../../../../shared/bus-protocol/presence.ts';
import type { Participant } from '../../../../shared/socket-protocol/server-events.ts';

let sent: PresenceMessage[] = [];
let rooms: Map<string, readonly Participant[]>;
let announcements: Announcements;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  rooms = new Map();
  announcements = new Announcements(
    (id) => rooms.get(id) ?? [],
    (message) => sent.push(presenceMessage.parse(message)),
  );
});
afterEach(() => {
  announcements[Symbol.dispose]();
  vi.useRealTimers();
});

const anonymous = (connections: number): readonly Participant[] => [{ user: null, connections }];

it('says what happens together in one message, each session as it is by then', () => {
  announcements.add('s-1', 'ask');
  announcements.add('s-1', 'tell');
  announcements.add('s-2', 'tell');
  rooms.set('s-1', anonymous(3));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(50);
  expect(sent).toEqual([
    {
      sequence: 1,
      sessions: [
        { session: 's-1', participants: anonymous(3), ask: true },
        { session: 's-2', participants: [] },
      ],
    },
  ]);
  vi.advanceTimersByTime(10_000);
  expect(announcements.sequence).toBe(1);
});

it('asks nothing for a session that nobody is in any more', () => {
  announcements.add('s-1', 'ask');
  vi.advanceTimersByTime(50);
  expect(sent[0]?.sessions).toEqual([{ session: 's-1', participants: [] }]);
});

it('is a few messages for thousands, each below what the broker takes', () => {
  for (let index = 0; index < 15_000; index += 1) {
    rooms.set(`session-${String(index)}`, anonymous(1));
    announcements.add(`session-${String(index)}`, 'ask');
  }
  vi.advanceTimersByTime(50);
  expect(sent.length).toBeLessThan(10);
  expect(sent.map(({ sequence }) => sequence)).toEqual(sent.map((_, index) => index + 1));
  expect(sent.flatMap(({ sessions }) => sessions)).toHaveLength(15_000);
  for (const message of sent) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(700 * 1024);
});
