import { describe, expect, test } from 'vitest';
import { FairTurns } from '../../../../chat-worker/inbound/fair-turns.ts';
import { subjects } from '../../../../shared/bus-protocol/subjects.ts';

interface Waiting {
  readonly sessionId: string;
  readonly behind: number;
  readonly deliveryCount?: number;
}

function asks(turns: FairTurns, { sessionId, behind, deliveryCount = 1 }: Waiting, room: number): number {
  return turns.waitBefore({ subject: subjects.chatRequest(sessionId, 'r'), behind, deliveryCount }, room);
}

describe('turns', () => {
  test('are nobody\u2019s concern while there is room for all', () => {
    const turns = new FairTurns();
    for (let behind = 7; behind >= 0; behind -= 1) {
      expect(asks(turns, { sessionId: 'a', behind }, behind + 1)).toBe(0);
    }
  });

  test('let every session start one chat before any starts two', () => {
    const turns = new FairTurns();
    expect(asks(turns, { sessionId: 'a', behind: 3 }, 2)).toBe(0);
    expect(asks(turns, { sessionId: 'a', behind: 2 }, 1)).toBeGreaterThan(0);
    expect(asks(turns, { sessionId: 'b', behind: 1 }, 1)).toBe(0);
  });

  test('begin anew when everybody was looked at', () => {
    const turns = new FairTurns();
    expect(asks(turns, { sessionId: 'a', behind: 2 }, 1)).toBe(0);
    expect(asks(turns, { sessionId: 'a', behind: 0, deliveryCount: 2 }, 1)).toBe(0);
    // It has just had its turn.
    expect(asks(turns, { sessionId: 'a', behind: 1, deliveryCount: 2 }, 1)).toBeGreaterThan(0);
  });

  test('are stepped aside from for longer each time, and not for ever', () => {
    const turns = new FairTurns();
    asks(turns, { sessionId: 'a', behind: 9 }, 1);
    const waits = Array.from({ length: 12 }, (_, index) =>
      asks(turns, { sessionId: 'a', behind: 9, deliveryCount: index + 1 }, 1),
    );
    expect(waits.slice(0, 3)).toEqual([100, 200, 300]);
    expect(waits.at(-1)).toBe(0);
    expect(waits.filter((wait) => wait > 0)).toHaveLength(10);
  });

  test('do not count for what is no chat', () => {
    const turns = new FairTurns();
    const item = { subject: 'chat.request', behind: 9, deliveryCount: 1 };
    expect([turns.waitBefore(item, 1), turns.waitBefore(item, 1)]).toEqual([0, 0]);
  });
});
