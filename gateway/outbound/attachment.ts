import { setTimeout as delay } from 'node:timers/promises';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import type { JoinRequest } from '../../shared/channel/joiner.ts';
import { Coverage } from '../../shared/channel/coverage.ts';
import { decodeCursor, encodeCursor, isRecoverable, type Position } from '../../shared/channel/position.ts';
import type { StreamBounds } from '../../shared/bus/bus.ts';
import type { TraceContext } from '../../shared/telemetry/trace-context.ts';
import type { SentType } from '../metrics.ts';
import type { Frame } from '../transport/transport.ts';
import type { Listener } from './broadcast.ts';
import type { CatchUpWatch } from './catch-up-watch.ts';
import { cursorOf } from './frames.ts';

/** One socket, as a channel sees it. */
export interface Receiver extends Partial<Listener> {
  /** False, and nothing taken, when the reader is too far behind. */
  push(frame: Frame): boolean;
  /** Events it was promised are gone: it has to come back and be told. */
  lost(): void;
}

/** Where a socket stands in a channel. `behind`: it reads too slowly, and what it misses waits in the stream. */
export interface Standing {
  readonly state: 'level' | 'catching up' | 'behind';
  readonly position: Position;
}

/** An event of the past, as a socket gets it. */
export interface PastFrame {
  readonly frame: Uint8Array;
  readonly type: SentType;
  /** The trace it belongs to, where that is known. */
  readonly origin?: TraceContext | undefined;
}

/** What an attachment asks of its channel. */
export interface AttachedChannel {
  readonly wireName: string;
  readonly position: Position;
  /** Whether any socket is level with it. */
  readonly hasLevel: boolean;
  bounds(): Promise<StreamBounds>;
  /** The channel's stored events in order until `onEvent` returns false. */
  read(from: number, to: number, onEvent: (event: ChannelEvent) => boolean): Promise<boolean>;
  /** The frame of a past event; undefined for one that clients do not see. */
  frameOf(event: ChannelEvent, cursor: string): PastFrame | undefined;
  join(request: JoinRequest<ChannelEvent>): () => void;
  /** The attachment gets what the channel gets from now on, or no more. */
  setLevel(attachment: Attachment, level: boolean): void;
  /** The attachment is not level with it: who follows that, if anybody does. */
  watch?(why: 'resume' | 'lag'): CatchUpWatch;
  /** A replay failed and is tried again. */
  catchUpFailed(error: unknown): void;
}

const RETRY_MS = 200;

/**
 * One socket on one channel. It is *level* (gets what the channel gets), *catching up* from a position of
 * its own, or *behind*: a slow reader that keeps nothing but its position until it has drained.
 */
export class Attachment implements Disposable {
  readonly receiver: Receiver;
  readonly #channel: AttachedChannel;
  #state: 'level' | 'catching up' | 'behind' | 'detached' = 'level';
  /** Where the socket stands while it is not level. */
  #position: Position | undefined;
  #leaveJoin: (() => void) | undefined;
  #attempt = 0;
  #watch: CatchUpWatch | undefined;

  constructor(channel: AttachedChannel, receiver: Receiver) {
    this.#channel = channel;
    this.receiver = receiver;
  }

  get wireName(): string {
    return this.#channel.wireName;
  }

  get standing(): Standing {
    const state = this.#state === 'detached' ? 'level' : this.#state;
    return { state, position: this.#position ?? this.#channel.position };
  }

  /** Sends everything after `position`, then goes on live. */
  catchUpFrom(position: Position): void {
    this.#position = position;
    this.#state = 'catching up';
    this.#watch = this.#channel.watch?.('resume');
    // Where nobody is level nobody is held up: one read does, which it shares with others who come back.
    if (this.#channel.hasLevel) void this.#catchUp();
    else this.#join();
  }

  /** The same where the frames that followed on `position` are all at hand: it is level when it has them. */
  catchUpWith(frames: readonly PastFrame[], position: Position): void {
    this.#watch = this.#channel.watch?.('resume');
    let cursor: string | undefined;
    for (const { frame, type, origin } of frames) {
      if (!this.receiver.push(frame)) {
        this.#position = cursor === undefined ? position : decodeCursor(cursor);
        this.#state = 'behind';
        this.#watch?.fellBehind();
        return;
      }
      if (origin !== undefined) this.#watch?.belongsTo(origin);
      this.#watch?.replayed(type);
      cursor = cursorOf(frame);
    }
    this.#endWatch('level');
    this.#channel.setLevel(this, true);
  }

  /** A live frame did not fit: called while the channel still stands before the event. */
  fellBehind(): void {
    this.#channel.setLevel(this, false);
    this.#position = this.#channel.position;
    this.#state = 'behind';
    this.#watch = this.#channel.watch?.('lag');
    this.#watch?.fellBehind();
  }

  /** The reader has room again. */
  drained(): void {
    if (this.#state !== 'behind') return;
    this.#state = 'catching up';
    this.#watch?.drained();
    void this.#catchUp();
  }

  [Symbol.dispose](): void {
    this.#state = 'detached';
    this.#leaveJoin?.();
    this.#channel.setLevel(this, false);
    this.#endWatch('gone');
  }

  /**
   * First alone, at the reader's pace, up to where the stream ended; then the short rest together with the
   * channel, which holds its live events for that long.
   */
  async #catchUp(): Promise<void> {
    // While one waits to try again the socket may fall behind and drain: the later one is in charge then.
    const attempt = (this.#attempt += 1);
    while (this.#state === 'catching up' && attempt === this.#attempt) {
      try {
        if (await this.#replay()) this.#join();
        return;
      } catch (error) {
        this.#channel.catchUpFailed(error);
        await delay(RETRY_MS);
      }
    }
  }

  /** Whether the end was reached with room to spare. */
  async #replay(): Promise<boolean> {
    const position = this.#position;
    const bounds = await this.#channel.bounds();
    if (this.#state !== 'catching up' || position === undefined) return false;
    if (!isRecoverable(position, bounds)) {
      this.receiver.lost();
      return false;
    }
    if (position.base >= bounds.last) return true;
    const coverage = new Coverage<ChannelEvent>(position, (event) => {
      this.#send(event, cursorAfter(position, event));
    });
    const complete = await this.#channel.read(position.base + 1, bounds.last, (event) => {
      coverage.offer(event);
      return this.#isCatchingUp();
    });
    if (complete) coverage.end();
    if (!complete || !this.#isCatchingUp()) return false;
    this.#position = { epoch: position.epoch, base: bounds.last, above: [] };
    return true;
  }

  #join(): void {
    const position = this.#position;
    if (position === undefined || !this.#isCatchingUp()) return;
    this.#leaveJoin = this.#channel.join({
      position,
      deliver: (event, cursor) => {
        this.#send(event, cursor);
      },
      onLevel: ({ recovered }) => {
        this.#leaveJoin = undefined;
        if (!recovered) this.receiver.lost();
        else if (this.#isCatchingUp()) {
          this.#state = 'level';
          this.#position = undefined;
          this.#endWatch('level');
          this.#channel.setLevel(this, true);
        }
      },
    });
  }

  /** One event of the past. What no longer fits is left for when the reader has drained. */
  #send(event: ChannelEvent, cursor: string): void {
    if (!this.#isCatchingUp()) return;
    const past = this.#channel.frameOf(event, cursor);
    if (past === undefined || this.receiver.push(past.frame)) {
      this.#position = decodeCursor(cursor);
      this.#watch?.passed(event);
      if (past !== undefined) this.#watch?.replayed(past.type);
      return;
    }
    this.#state = 'behind';
    this.#watch?.fellBehind();
    this.#leaveJoin?.();
  }

  #endWatch(outcome: 'level' | 'gone'): void {
    this.#watch?.end(outcome);
    this.#watch = undefined;
  }

  /** A method, because the state changes during awaits in ways the compiler does not see. */
  #isCatchingUp(): boolean {
    return this.#state === 'catching up';
  }
}

function cursorAfter(position: Position, event: ChannelEvent): string {
  const above = position.above.filter((sequence) => sequence > event.sequence);
  return encodeCursor({ epoch: position.epoch, base: event.sequence, above });
}
