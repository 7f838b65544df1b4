import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameLog } from '../../../../gateway/outbound/frame-log.ts';
import { cursorOf, withCursor } from '../../../../gateway/outbound/frames.ts';
import { RecentFrames } from '../../../../gateway/outbound/recent-frames.ts';
import { EventCursor } from '../../../../shared/channel/event-cursor.ts';
import { propertyOptions } from '../../../support/property-options.ts';

/** The cursor of the n-th event of a channel. */
function cursorAt(base: number): EventCursor {
  const cursor = new EventCursor();
  cursor.epoch = 'epoch-01';
  cursor.base = base;
  return cursor;
}

const eventOf = (text: string): Uint8Array => Buffer.from(JSON.stringify({ type: 'chat', text }));
const textOf = (frame: Uint8Array): unknown =>
  (JSON.parse(Buffer.from(frame).toString()) as Record<string, unknown>)['text'];

describe('the frames a channel sent last', () => {
  it('are the finished events with the channel and the cursor', () => {
    const recent = new RecentFrames(new FrameLog(10_000), 'session');
    const event = eventOf('olá');
    const frame = recent.append(event, cursorAt(7), 'chat', undefined);
    expect(Buffer.from(frame)).toEqual(withCursor(event, 'session', String(cursorAt(7))));
    expect(cursorOf(frame)).toBe(String(cursorAt(7)));
  });

  it('are those after a cursor, which has to be one of theirs', () => {
    const recent = new RecentFrames(new FrameLog(10_000), 'session');
    expect(recent.isEmpty).toBe(true);
    for (const base of [1, 2, 3]) recent.append(eventOf(`${base}`), cursorAt(base), 'chat', undefined);
    const textsAfter = (base: number) =>
      recent.after(String(cursorAt(base)))?.map(({ frame }) => textOf(frame));
    expect(textsAfter(1)).toEqual(['2', '3']);
    expect(textsAfter(3)).toEqual([]);
    expect(textsAfter(0)).toBeUndefined();
    expect(recent.after('')).toBeUndefined();
    expect(recent.isEmpty).toBe(false);
  });

  it('are never others, whole or in part, however often the log has gone round', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 300 })), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, fc.nat(), (appended, asked) => {
        // Half of it is room for three of the longest.
        const log = new FrameLog(6_000);
        const channels = ['session', 'investigation.a', 'b'].map((name) => new RecentFrames(log, name));
        const texts: string[][] = [[], [], []];
        for (const [channel, length] of appended) {
          const sent = texts[channel] ?? [];
          sent.push('x'.repeat(length) + String(sent.length));
          channels[channel]?.append(eventOf(sent.at(-1) ?? ''), cursorAt(sent.length), 'chat', undefined);
        }
        for (const [channel, sent] of texts.entries()) {
          const position = 1 + (asked % Math.max(1, sent.length));
          const after = channels[channel]?.after(String(cursorAt(position)));
          if (after !== undefined)
            expect(after.map(({ frame }) => textOf(frame))).toEqual(sent.slice(position));
        }
        // The last frame is always there.
        const [last = 0] = appended.at(-1) ?? [];
        expect(channels[last]?.after(String(cursorAt(texts[last]?.length ?? 0)))).toEqual([]);
      }),
      propertyOptions(1_000),
    );
  });

  it('are remembered up to a number', () => {
    const recent = new RecentFrames(new FrameLog(1_000_000), 'session');
    for (let base = 1; base <= 1_100; base += 1)
      recent.append(eventOf(''), cursorAt(base), 'chat', undefined);
    expect(recent.after(String(cursorAt(900)))).toHaveLength(200);
    expect(recent.after(String(cursorAt(10)))).toBeUndefined();
  });

  it('are what they are until the flush of the turn, whatever else is sent in it', async () => {
    const log = new FrameLog(64 * 1024);
    const [mine, others] = [new RecentFrames(log, 'session'), new RecentFrames(log, 'session')];
    mine.append(eventOf('one'), cursorAt(1), 'chat', undefined);
    mine.append(eventOf('two'), cursorAt(2), 'chat', undefined);
    for (;;) {
      const handedOut = mine.after(String(cursorAt(1)));
      const live = Array.from({ length: 100 }, (_, index) =>
        others.append(eventOf(`live ${index}`), cursorAt(index), 'chat', undefined),
      );
      for (const { frame } of handedOut ?? []) expect(textOf(frame)).toBe('two');
      expect(live.map(textOf)).toEqual(live.map((_, index) => `live ${index}`));
      if (handedOut === undefined) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // More than there is room for in all, and nothing was flushed in between.
    const much = Array.from({ length: 2_000 }, (_, index) =>
      others.append(eventOf(`much ${index}`), cursorAt(index), 'chat', undefined),
    );
    expect(much.map(textOf)).toEqual(much.map((_, index) => `much ${index}`));
  });
});
