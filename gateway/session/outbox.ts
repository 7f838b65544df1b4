import type { Frame, Socket } from '../transport/transport.ts';

/**
 * Outboxes with something to send. What comes first in a turn of the loop leaves at once: a chunk that comes alone
 * waits for nothing (`npm run bench -- --only latency-p50`). What follows in the turn leaves together at its end, a
 * system call for each socket.
 */
export class FlushQueue {
  #waiting: Outbox[] = [];
  #isTurnUsed = false;

  /** True for the first who asks in a turn: it may send by itself. */
  takeTurn(): boolean {
    if (this.#isTurnUsed) return false;
    this.#isTurnUsed = true;
    setImmediate(this.#endTurn);
    return true;
  }

  /** To be called once until it is flushed, in a turn that was taken. */
  add(outbox: Outbox): void {
    this.#waiting.push(outbox);
  }

  readonly #endTurn = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isTurnUsed = false;
    for (const outbox of waiting) outbox.flush();
  };
}

/** Of the limit: events leave so much free for answers, so that a slow reader who only says it is alive may stay. */
const ANSWERS_SHARE = 1 / 16;

/** Of the limit: what may have been sent to the groups that the socket is in, at most, since it was last looked at. */
export const BROADCAST_SHARE = 1 / 16;

/** What outboxes share that have nothing to send. Never written to. */
const NO_FRAMES: Frame[] = [];

/** Whose outbox it is. */
export interface OutboxOwner {
  /** Called when, after a refusal, half of the limit is free again. */
  hasRoom(): void;
}

/**
 * The only writer of one socket: gathers frames and hands them over once per turn of the loop. It never queues more
 * than `limitBytes` beyond what the kernel took, which is what one slow reader may cost.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #queue: FlushQueue;
  readonly #limitBytes: number;
  readonly #owner: OutboxOwner;
  #refused = false;
  #frames = NO_FRAMES;
  #gatheredBytes = 0;
  #bufferedBytes = 0;
  #groups = 0;

  constructor(socket: Socket, queue: FlushQueue, limitBytes: number, owner: OutboxOwner) {
    this.#socket = socket;
    this.#queue = queue;
    this.#limitBytes = limitBytes;
    this.#owner = owner;
  }

  /** What waits for this reader, in the outbox and in the transport. */
  get waitingBytes(): number {
    // What is sent to a group does not pass through here.
    if (this.#groups > 0) this.unsentBytes();
    return this.#gatheredBytes + this.#bufferedBytes;
  }

  /**
   * Queues an event. False, and nothing queued, when the reader is too far behind. An idle reader takes any
   * one frame.
   */
  push(frame: Frame): boolean {
    const taken = this.#take(frame, this.#limitBytes * (1 - ANSWERS_SHARE));
    if (!taken) this.#refused = true;
    return taken;
  }

  /** The same for what answers this socket alone, for which nothing is caught up on. */
  answer(frame: Frame): boolean {
    return this.#take(frame, this.#limitBytes);
  }

  /** Takes part in a group. Not while anything waits: what is sent to the group does not pass through here. */
  enter(group: string): boolean {
    if (this.#socket.enter === undefined || this.#frames.length > 0 || this.unsentBytes() > 0) return false;
    this.#socket.enter(group);
    this.#groups += 1;
    return true;
  }

  leave(group: string): void {
    this.#groups -= 1;
    this.#socket.leave?.(group);
    this.unsentBytes();
  }

  /** What was sent to a group before it was left: the share of groups has room for it. */
  takePromised(frame: Frame): void {
    this.#append(frame, bytesOf(frame));
  }

  /** What the transport still holds, looked up. */
  unsentBytes(): number {
    this.#bufferedBytes = this.#socket.bufferedBytes();
    return this.#bufferedBytes;
  }

  /** Hands everything to the socket now. */
  flush(): void {
    if (this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = NO_FRAMES;
    this.#gatheredBytes = 0;
    this.#socket.send(frames);
    this.drained();
  }

  /** The transport got rid of some bytes. */
  drained(): void {
    this.#bufferedBytes = this.#socket.bufferedBytes();
    if (!this.#refused || this.waitingBytes > this.#limitBytes / 2) return;
    this.#refused = false;
    this.#owner.hasRoom();
  }

  #take(frame: Frame, limitBytes: number): boolean {
    const bytes = bytesOf(frame);
    const limit = limitBytes - (this.#groups > 0 ? this.#limitBytes * BROADCAST_SHARE : 0);
    const waiting = this.waitingBytes;
    if (waiting > 0 && waiting + bytes > limit) return false;
    this.#append(frame, bytes);
    return true;
  }

  #append(frame: Frame, bytes: number): void {
    if (this.#frames.length === 0) {
      if (this.#queue.takeTurn()) {
        this.#socket.send([frame]);
        this.#bufferedBytes = this.#socket.bufferedBytes();
        return;
      }
      this.#queue.add(this);
    }
    if (this.#frames === NO_FRAMES) this.#frames = [frame];
    else this.#frames.push(frame);
    this.#gatheredBytes += bytes;
  }
}

function bytesOf(frame: Frame): number {
  return typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
}
