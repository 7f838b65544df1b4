import type { StreamBounds } from '../bus/bus.ts';
import { AppError } from '../errors/app-error.ts';
import type { Placed } from './coverage.ts';
import { Delivered, type Linked } from './delivered.ts';
import type { EventCursor } from './event-cursor.ts';
import { Joiner, type JoinRequest } from './joiner.ts';
import type { Position } from './position.ts';

/** One event of a channel, live or read from the stream. */
export interface ChannelEvent extends Placed {
  readonly data: Uint8Array;
  /** When the broker stored it; unknown for what came live from a broker before 2.10. */
  readonly storedAtMs?: number | undefined;
  header(name: string): string | undefined;
}

export interface LiveChannelEvent extends ChannelEvent, Linked {}

/** What a reader works with: its channel. */
export interface ReadChannel {
  /** First and last sequence of the stream, asked for after the call began, as its leader knows them. */
  bounds(): Promise<StreamBounds>;
  /** Every event of the channel in the range, ascending, until `onEvent` returns false. */
  read(from: number, to: number, onEvent: (event: ChannelEvent) => boolean): Promise<unknown>;
  /**
   * Told of every event once, also when it throws. `live` is false for one that a read brought. During the
   * call `position` is where the channel stood before.
   */
  deliver(event: ChannelEvent, cursor: EventCursor, live: boolean): void;
  /** A link of a subject's chain was missing for longer than the hold. */
  gapFound(): void;
  /** A catch-up failed and is tried again. */
  catchUpFailed(error: unknown): void;
  /** Runs `task` after a while; the returned function forgets it. */
  schedule(task: () => void, delayMs: number): () => void;
}

/** What was delivered by a certain moment. */
export interface Mark {
  readonly sequence: number;
  readonly generation: number;
}

/** Two writers' events stored in the same instant were swapped by at most 1.3 ms on 2.9.10. */
export const HOLD_MS = 5;
const RETRY_MS = 200;
/** A new leader may need a moment to know what its predecessor sent. A stream that still ends early has lost its tail. */
const RETRIES_BEHIND = 10;
/** More than this while a read is under way and it is forgotten: the next read brings it. */
const MAX_HELD = 4_096;

/** What readers share of which nothing waits, which are most. Never written to. */
const NOTHING_HELD: LiveChannelEvent[] = [];
const NO_JOINERS: Joiner<ChannelEvent>[] = [];

/**
 * Reads one channel without holes and without repeats, whatever the live path drops, delays, swaps or
 * repeats. What is exact is the chain of each subject: every live event names the one before it. One
 * whose link is missing is held for a moment and then looked up in the stream.
 *
 * Pure: no timers, sockets or broker of its own.
 */
export class ChannelReader {
  readonly #channel: ReadChannel;
  readonly #delivered = new Delivered();
  /** Grows when the live path may have lost something: marks taken before mean nothing then. */
  #generation = 0;
  /** The generation whose beginning a read has covered. */
  #readGeneration = -1;
  /** Live events that wait: for the end of a read, or for the event before them. */
  #held = NOTHING_HELD;
  #forgetHold: (() => void) | undefined;
  #forgetRetry: (() => void) | undefined;
  #reading = true;
  #again = false;
  /** The base may have passed an event that was never delivered: the next read begins below it. */
  #isBaseDoubted = false;
  #retriesBehind = 0;
  #joiners = NO_JOINERS;
  #closed = false;

  constructor(channel: ReadChannel) {
    this.#channel = channel;
  }

  /** Where the channel stands: every later event follows on it. */
  get position(): Position {
    return this.#delivered.position;
  }

  /** Whether everything that the live path brings is passed on at once: no read is wanted, nothing waits. */
  get isFlowing(): boolean {
    return !this.#reading && !this.#isDistrusted && this.#held.length === 0;
  }

  /** Up to here everything of a subject was delivered for certain, whatever the live path lost. */
  provenUpTo(subject: string): number {
    return this.#delivered.lastOf(subject) ?? this.#delivered.readEnd;
  }

  /** Starts at the end of the stream. The live subscription must be active before. May be tried again. */
  async open(): Promise<void> {
    const generation = this.#generation;
    // Stored by now, so before where the channel starts.
    this.#held = NOTHING_HELD;
    const bounds = await this.#channel.bounds();
    if (this.#closed) return;
    this.#delivered.restart(bounds.epoch, bounds.last);
    this.#readGeneration = generation;
    this.#finishRead();
  }

  /** Every event the live path brings goes through here. */
  onLive(event: LiveChannelEvent): void {
    if (this.#closed) return;
    // After a cut the storage itself may be another: nothing is taken as it comes until a read has looked.
    if (this.#isDistrusted) this.#startReading();
    if (this.#reading) {
      if (this.#held.length < MAX_HELD) this.#hold(event);
      else this.#again = true;
      return;
    }
    const verdict = this.#delivered.verdictOn(event);
    if (verdict === 'seen') return;
    if (verdict === 'next') {
      this.#forward(event, this.#delivered.cursorAfter(event), true);
      if (this.#held.length > 0) this.#release(event.subject);
    } else this.#hold(event);
    if (verdict === 'unlinked') this.#waitForLink();
    else if (verdict === 'no room' || this.#delivered.isCrowded) this.#startReading();
  }

  /** The live path may have lost events: a reconnect, a new leader, a chat that is silent for too long. */
  catchUp(): void {
    this.distrust();
    if (this.#reading) this.#again = true;
    else this.#startReading();
  }

  /**
   * Something must be there that was not delivered, and the live path gave no sign: the base itself may have
   * passed it. So everything since the last read is gone through.
   */
  lookAgain(): void {
    this.#isBaseDoubted = true;
    this.catchUp();
  }

  /** The live path was cut: until the next read nothing is taken as it comes, or as complete by its age. */
  distrust(): void {
    this.#generation += 1;
  }

  /**
   * Brings somebody who stands at another position level with the channel: the next read, shared by all
   * who wait for one, delivers what is lacking. The returned function withdraws.
   */
  join(request: JoinRequest<ChannelEvent>): () => void {
    const joiner = new Joiner(request);
    if (!this.#closed) {
      if (this.#joiners === NO_JOINERS) this.#joiners = [joiner];
      else this.#joiners.push(joiner);
    }
    this.#startReading();
    return () => {
      joiner.withdraw();
    };
  }

  /** The first half of moving the base by age: what was delivered by now. Undefined when there is nothing to move. */
  mark(): Mark | undefined {
    if (this.#reading || this.#isDistrusted || this.#delivered.isAllBelowBase) return undefined;
    return { sequence: this.#delivered.highest, generation: this.#generation };
  }

  /**
   * The second half, a good while and a broker round trip later: nothing below the mark can still be on
   * its way on this connection.
   */
  settle(mark: Mark): void {
    if (this.#held.length > 0 || mark.generation !== this.#generation) return;
    this.#delivered.moveBase(mark.sequence);
  }

  close(): void {
    this.#closed = true;
    this.#forgetHold?.();
    this.#forgetRetry?.();
    this.#held = NOTHING_HELD;
    for (const joiner of this.#joiners) joiner.withdraw();
    this.#joiners = NO_JOINERS;
  }

  get #isDistrusted(): boolean {
    return this.#readGeneration !== this.#generation;
  }

  #forward(event: ChannelEvent, cursor: EventCursor, live: boolean): void {
    try {
      this.#channel.deliver(event, cursor, live);
    } finally {
      this.#delivered.remember(event);
    }
  }

  #hold(event: LiveChannelEvent): void {
    if (this.#held === NOTHING_HELD) this.#held = [event];
    else this.#held.push(event);
  }

  #waitForLink(): void {
    this.#forgetHold ??= this.#channel.schedule(() => {
      this.#forgetHold = undefined;
      this.#channel.gapFound();
      this.#startReading();
    }, HOLD_MS);
  }

  #stopWaiting(): void {
    this.#forgetHold?.();
    this.#forgetHold = undefined;
  }

  /** A link has come: what waited for it follows. */
  #release(subject: string): void {
    let index = 0;
    while (!this.#reading) {
      const event = this.#held[index];
      if (event === undefined) break;
      const verdict = event.subject === subject ? this.#delivered.verdictOn(event) : 'unlinked';
      if (verdict === 'seen' || verdict === 'next') {
        this.#held.splice(index, 1);
        index = 0;
        if (verdict === 'next') this.#forward(event, this.#delivered.cursorAfter(event), true);
      } else index += 1;
    }
    if (this.#held.length === 0) this.#stopWaiting();
  }

  #startReading(): void {
    if (!this.#reading && !this.#closed) void this.#readUntilLevel();
  }

  /** One read after another until nobody wants one, never two at once. Live events wait meanwhile. */
  async #readUntilLevel(): Promise<void> {
    this.#reading = true;
    this.#stopWaiting();
    try {
      do {
        this.#again = false;
        await this.#readOnce([...this.#joiners]);
        this.#joiners = this.#joiners.filter((joiner) => !joiner.isOver);
      } while (this.#isReadWanted());
    } catch (error) {
      if (this.#closed) return;
      this.#channel.catchUpFailed(error);
      this.#forgetRetry = this.#channel.schedule(() => {
        this.#reading = false;
        this.#startReading();
      }, RETRY_MS);
      return;
    }
    this.#finishRead();
  }

  /** A method, because both change during awaits in ways the compiler does not see. */
  #isReadWanted(): boolean {
    return !this.#closed && (this.#again || this.#joiners.length > 0);
  }

  async #readOnce(joiners: readonly Joiner<ChannelEvent>[]): Promise<void> {
    this.#doubtBase();
    const generation = this.#generation;
    const newest = this.#held.reduce(
      (highest, { sequence }) => Math.max(highest, sequence),
      this.#delivered.highest,
    );
    const bounds = await this.#channel.bounds();
    if (this.#closed) return;
    this.#checkStorage(bounds, newest);
    let start =
      this.#isBaseDoubted || this.#delivered.isCrowded ? this.#delivered.readEnd : this.#delivered.base;
    for (const joiner of joiners) if (!joiner.isOver) start = Math.min(start, joiner.start(bounds));
    await this.#channel.read(start + 1, bounds.last, (event) => {
      if (!this.#closed) this.#onRead(event, start, joiners);
      return true;
    });
    this.#delivered.readUpTo(bounds.last, start);
    this.#endRead(bounds.last, generation);
    for (const joiner of joiners) joiner.level();
  }

  /** An event that waits may show that the base has passed one: nothing is taken as complete by its age then. */
  #doubtBase(): void {
    if (this.#held.some((event) => this.#delivered.disproves(event))) {
      this.#isBaseDoubted = true;
      this.distrust();
    }
    if (this.#isBaseDoubted) this.#delivered.fallBack();
  }

  #onRead(event: ChannelEvent, start: number, joiners: readonly Joiner<ChannelEvent>[]): void {
    if (this.#delivered.isNews(event)) {
      this.#delivered.readUpTo(event.sequence - 1, start);
      const base = Math.max(event.sequence, this.#delivered.base);
      this.#forward(event, this.#delivered.cursorAfter(event, base), false);
      this.#delivered.readUpTo(event.sequence, start);
    }
    for (const joiner of joiners) joiner.offer(event);
  }

  #endRead(end: number, generation: number): void {
    this.#readGeneration = generation;
    if (!this.#isDistrusted) this.#isBaseDoubted = false;
    this.#held = this.#held.filter(({ sequence }) => sequence > end);
  }

  /** `newest` was known to be stored before the bounds were asked for. */
  #checkStorage(bounds: StreamBounds, newest: number): void {
    const isSame = bounds.epoch === this.#delivered.epoch;
    if (isSame && bounds.last < newest && this.#retriesBehind < RETRIES_BEHIND) {
      this.#retriesBehind += 1;
      throw new AppError('STREAM_BEHIND', 'The stream ends before what it has sent', { retryable: true });
    }
    this.#retriesBehind = 0;
    if (isSame && bounds.last >= newest) return;
    this.distrust();
    this.#delivered.restart(bounds.epoch, isSame ? bounds.last : bounds.first - 1);
    // What waits may be of the storage that is gone; what is not, the next read brings.
    this.#held = NOTHING_HELD;
    this.#again = true;
  }

  #finishRead(): void {
    this.#reading = false;
    const held = this.#held;
    this.#held = NOTHING_HELD;
    for (const event of held) {
      try {
        this.onLive(event);
      } catch (error) {
        // It has been told of it, as on the live path; the others wait for their turn.
        this.#channel.catchUpFailed(error);
      }
    }
    if (this.#isReadWanted()) this.#startReading();
  }
}
