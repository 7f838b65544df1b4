import { beforeEach, describe, expect, it } from 'vitest';
import { FlushQueue, Outbox } from '../../../../gateway/session/outbox.ts';
import type { Frame, Socket } from '../../../../gateway/transport/transport.ts';

const LIMIT_BYTES = 1_600;
/** What events leave free for answers. */
const FREE_BYTES = 100;

/** A socket whose reader takes nothing until it is told to. */
class StuckSocket implements Socket {
  readonly sent: (readonly Frame[])[] = [];
  buffered = 0;

  bufferedBytes(): number {
    return this.buffered;
  }

  send(frames: readonly Frame[]): void {
    this.sent.push(frames);
    for (const frame of frames) this.buffered += Buffer.byteLength(frame);
  }

  close(): void {
    throw new Error('nobody closes it here');
  }

  cut(): void {
    throw new Error('nobody cuts it here');
  }
}

let socket: StuckSocket;
let rooms: number;
let outbox: Outbox;
beforeEach(() => {
  socket = new StuckSocket();
  rooms = 0;
  outbox = new Outbox(socket, new FlushQueue(), LIMIT_BYTES, { hasRoom: () => (rooms += 1) });
});

const event = (bytes: number): string => 'e'.repeat(bytes);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is pushed in one turn', () => {
  it('leaves in two calls: the first at once, all that follows at the end, in order, events and answers alike', async () => {
    outbox.push('a');
    expect(socket.sent).toEqual([['a']]);
    outbox.answer('b');
    outbox.push('c');
    expect(socket.sent).toEqual([['a']]);
    await nextTurn();
    expect(socket.sent).toEqual([['a'], ['b', 'c']]);
    outbox.push('d');
    expect(socket.sent).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('waits for its end when another socket was sent to in it', async () => {
    const other = new StuckSocket();
    const queue = new FlushQueue();
    const [first, second] = [socket, other].map(
      (its) => new Outbox(its, queue, LIMIT_BYTES, { hasRoom: () => undefined }),
    );
    first?.push('a');
    second?.push('b');
    expect(other.sent).toEqual([]);
    await nextTurn();
    expect([socket.sent, other.sent]).toEqual([[['a']], [['b']]]);
  });

  it('counts as waiting as soon as the transport holds it', () => {
    outbox.push(event(70));
    expect(outbox.waitingBytes).toBe(70);
  });
});

describe('a reader who does not read', () => {
  it('gets any one event while nothing waits, however long', () => {
    expect(outbox.push(event(10 * LIMIT_BYTES))).toBe(true);
    expect(outbox.push('x')).toBe(false);
  });

  it('never has more waiting than the limit, gathered and buffered together', () => {
    while (outbox.push(event(70))) outbox.flush();
    expect(outbox.waitingBytes).toBeGreaterThan(LIMIT_BYTES - FREE_BYTES - 70);
    expect(outbox.waitingBytes).toBeLessThanOrEqual(LIMIT_BYTES - FREE_BYTES);
  });

  it('is still answered when no event fits any more, up to the limit', () => {
    while (outbox.push(event(70))) continue;
    expect(outbox.answer(event(FREE_BYTES))).toBe(true);
    while (outbox.answer('y')) continue;
    expect(outbox.waitingBytes).toBe(LIMIT_BYTES);
  });

  it('is heard of once, when half of the limit is free again', () => {
    while (outbox.push(event(70))) continue;
    outbox.flush();
    socket.buffered = LIMIT_BYTES / 2 + 1;
    outbox.drained();
    expect(rooms).toBe(0);
    socket.buffered = LIMIT_BYTES / 2;
    outbox.drained();
    socket.buffered = 0;
    outbox.drained();
    expect(rooms).toBe(1);
    expect(outbox.push('x')).toBe(true);
  });
});
