import type { StreamBounds } from '../bus/bus.ts';
import { Coverage } from './coverage.ts';
import { encodeCursorParts, MAX_ABOVE, type Position } from './position.ts';

/** One event of a channel, live or read from the stream. */
export interface ChannelEvent {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Uint8Array;
  /** When the broker stored it; unknown for what came live from a broker before 2.10. */
  readonly storedAtMs: number | undefined;
  header(name: string): string | undefined;
}

export interface LiveChannelEvent extends ChannelEvent {
  /** The event before it on the same subject; 0 when it is the first. */
  readonly previousSequence: number;
}

/** Where the reader gets the past from. */
export interface ChannelSource {
  /** First and last sequence of the stream, asked for after the call began, as its leader knows them. */
  bounds(): Promise<StreamBounds>;
  /** Every event of the channel in the range, ascending. */
  read(from: number, to: number, onEvent: (event: ChannelEvent) => void): Promise<void>;
}

/** Told of every event once. `live` is false for one that a read brought. */
export type Deliver = (event: ChannelEvent, cursor: string, live: boolean) => void;

export interface ChannelReaderEvents {
  /** A link of a subject's chain was missing for longer than the hold. */
  gap(): void;
  /** A catch-up failed and is tried again. */
  catchUpFailed(error: unknown): void;
}

export interface ChannelReaderOptions {
  readonly source: ChannelSource;
  readonly deliver: Deliver;
  readonly events: ChannelReaderEvents;
  /** Runs `task` after a while; the returned function forgets it. */
  readonly schedule: (task: () => void, delayMs: number) => () => void;
}

/** Two writers' events stored in the same instant were swapped by at most 1.3 ms on 2.9.10. */
export const HOLD_MS = 5;
const RETRY_MS = 200;
/** More than this while a read is under way and it is forgotten: the next read brings it. */
const MAX_HELD = 4_096;
/** Subjects remembered since the last read; a read forgets them. */
const MAX_SUBJECTS = 256;

/** Somebody who stands elsewhere than the channel and wants to be level with it. */
export interface JoinRequest {
  readonly position: Position;
  /** Told of what it lacks, in order. */
  readonly deliver: Deliver;
  /**
   * Called at the very moment it is level: whatever the channel delivers from then on it has to get too.
   * `recovered` is false when the position could not be honoured and all that is kept was delivered.
   */
  readonly onLevel: (result: { readonly recovered: boolean }) => void;
}

interface Joiner {
  readonly request: JoinRequest;
  position: Position;
  recovered: boolean;
  cancelled: boolean;
}

/**
 * Reads one channel without holes and without repeats, whatever the live path drops, delays, swaps or
 * repeats. What is exact is the chain of each subject: every live event names the one before it. One
 * whose link is missing is held for a moment and then looked up in the stream.
 *
 * Pure: no timers, sockets or broker of its own.
 */
export class ChannelReader {
  readonly #options: ChannelReaderOptions;
  #epoch = '';
  /** Everything up to here was delivered. */
  #base = 0;
  /** The end of the last completed read: what is below is seen, without asking which subject. */
  #readEnd = 0;
  /** The last delivered sequence of each subject since the last read. */
  readonly #last = new Map<string, number>();
  /** Those of them above the base: what a cursor has to name. */
  readonly #above = new Map<string, number>();
  #highest = 0;
  /** Grows when the live path may have lost something: marks taken before mean nothing then. */
  #generation = 0;
  #held: LiveChannelEvent[] = [];
  #forgetHold: (() => void) | undefined;
  #forgetRetry: (() => void) | undefined;
  #reading = true;
  #again = false;
  #joiners: Joiner[] = [];
  #closed = false;

  constructor(options: ChannelReaderOptions) {
    this.#options = options;
  }

  /** Where the channel stands: every later event follows on it. */
  get position(): Position {
    return { epoch: this.#epoch, base: this.#base, above: this.#ascendingAbove() };
  }

  /** The last event delivered of a subject, if it is still remembered. */
  lastOf(subject: string): number | undefined {
    return this.#last.get(subject);
  }

  /** Starts at the end of the stream. The live subscription must be active before. */
  async open(): Promise<void> {
    const bounds = await this.#options.source.bounds();
    this.#restart(bounds, bounds.last);
    this.#finishRead();
  }

  /** Every event the live path brings goes through here. */
  onLive(event: LiveChannelEvent): void {
    if (this.#closed) return;
    if (this.#reading) {
      if (this.#held.length < MAX_HELD) this.#held.push(event);
      else this.#again = true;
      return;
    }
    if (this.#accept(event)) {
      if (this.#held.length > 0) this.#retryHeld();
    } else this.#hold(event);
  }

  /** The live path may have lost events: a reconnect, a new leader, a chat that is silent for too long. */
  catchUp(): void {
    this.distrust();
    if (this.#closed) return;
    if (this.#reading) this.#again = true;
    else void this.#run();
  }

  /** The live path was cut: until the next read nothing more is taken as complete by its age. */
  distrust(): void {
    this.#generation += 1;
  }

  /**
   * Brings somebody who stands at another position level with the channel: the next read, shared by all
   * who wait for one, delivers what is lacking. The returned function withdraws.
   */
  join(request: JoinRequest): () => void {
    const joiner: Joiner = { request, position: request.position, recovered: true, cancelled: false };
    this.#joiners.push(joiner);
    if (!this.#reading) void this.#run();
    return () => {
      joiner.cancelled = true;
    };
  }

  /** The first half of moving the base by age: what was delivered by now. Undefined when there is nothing to move. */
  mark(): { readonly sequence: number; readonly generation: number } | undefined {
    if (this.#reading || this.#above.size === 0) return undefined;
    return { sequence: this.#highest, generation: this.#generation };
  }

  /**
   * The second half, a good while and a broker round trip later: nothing below the mark can still be on
   * its way on this connection.
   */
  settle(mark: { readonly sequence: number; readonly generation: number }): void {
    if (this.#reading || this.#held.length > 0 || mark.generation !== this.#generation) return;
    this.#moveBase(mark.sequence);
  }

  close(): void {
    this.#closed = true;
    this.#forgetHold?.();
    this.#forgetRetry?.();
    this.#held = [];
    this.#joiners = [];
  }

  /** Whether the event is dealt with: delivered now, or seen before. False when a link is missing. */
  #accept(event: LiveChannelEvent): boolean {
    const last = this.#last.get(event.subject);
    if (event.sequence <= this.#readEnd || (last !== undefined && event.sequence <= last)) return true;
    const linked =
      event.previousSequence === 0 ||
      (last === undefined ? event.previousSequence <= this.#base : event.previousSequence === last);
    if (!linked) return false;
    this.#forward(event, true);
    if (this.#above.size > MAX_ABOVE || this.#last.size > MAX_SUBJECTS) this.catchUp();
    return true;
  }

  /** Delivers before remembering, so that `position` during the call is where the channel stood before. */
  #forward(event: ChannelEvent, live: boolean): void {
    this.#options.deliver(event, this.#cursorAfter(event), live);
    this.#last.set(event.subject, event.sequence);
    if (event.sequence > this.#base) this.#above.set(event.subject, event.sequence);
    if (event.sequence > this.#highest) this.#highest = event.sequence;
  }

  #cursorAfter(event: ChannelEvent): string {
    const { sequence, subject } = event;
    if (this.#above.size === 0 || (this.#above.size === 1 && this.#above.has(subject))) {
      return encodeCursorParts(this.#epoch, this.#base, sequence > this.#base ? [sequence] : []);
    }
    const above = [sequence];
    for (const [other, last] of this.#above) if (other !== subject) above.push(last);
    return encodeCursorParts(this.#epoch, this.#base, above.sort(ascending));
  }

  #hold(event: LiveChannelEvent): void {
    this.#held.push(event);
    this.#forgetHold ??= this.#options.schedule(() => {
      this.#forgetHold = undefined;
      if (this.#held.length === 0 || this.#reading || this.#closed) return;
      this.#options.events.gap();
      void this.#run();
    }, HOLD_MS);
  }

  #retryHeld(): void {
    let progress = true;
    while (progress && !this.#reading) {
      const waiting = this.#held;
      this.#held = [];
      progress = false;
      for (const event of waiting) {
        if (!this.#reading && this.#accept(event)) progress = true;
        else this.#held.push(event);
      }
      if (this.#held.length === 0) progress = false;
    }
  }

  /** One read after another until nobody wants one, never two at once. Live events wait meanwhile. */
  async #run(): Promise<void> {
    this.#reading = true;
    let joiners: Joiner[] = [];
    try {
      do {
        this.#again = false;
        joiners = [...joiners, ...this.#joiners.splice(0)].filter((joiner) => !joiner.cancelled);
        await this.#readOnce(joiners);
        if (this.#closed) return;
        joiners = [];
      } while (this.#again || this.#joiners.length > 0);
    } catch (error) {
      if (this.#closed) return;
      this.#options.events.catchUpFailed(error);
      this.#joiners.unshift(...joiners);
      this.#forgetRetry = this.#options.schedule(() => void this.#run(), RETRY_MS);
      return;
    }
    this.#finishRead();
  }

  #finishRead(): void {
    this.#reading = false;
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.onLive(event);
    if (!this.#reading && (this.#again || this.#joiners.length > 0)) void this.#run();
  }

  async #readOnce(joiners: readonly Joiner[]): Promise<void> {
    const bounds = await this.#options.source.bounds();
    if (this.#closed) return;
    if (bounds.epoch !== this.#epoch) this.#restart(bounds, bounds.first - 1);
    else if (bounds.last < this.#base) this.#restart(bounds, bounds.last);
    const filters = joiners.map((joiner) => startJoiner(joiner, bounds));
    const from = Math.min(this.#base, ...joiners.map(({ position }) => position.base)) + 1;
    let reached = from - 1;
    try {
      await this.#options.source.read(from, bounds.last, (event) => {
        if (this.#closed) return;
        if (event.sequence > this.#base && event.sequence > (this.#last.get(event.subject) ?? 0)) {
          this.#moveBase(event.sequence - 1);
          this.#forward(event, false);
        }
        for (const filter of filters) filter.offer(event);
        reached = event.sequence;
      });
    } catch (error) {
      // The next try goes on where this one broke off.
      for (const [index, joiner] of joiners.entries()) {
        joiner.position = filters[index]?.positionAfter(reached) ?? joiner.position;
      }
      throw error;
    }
    if (this.#closed) return;
    for (const filter of filters) filter.end();
    this.#readEnd = Math.max(this.#readEnd, bounds.last);
    this.#moveBase(this.#readEnd);
    for (const joiner of joiners) {
      if (!joiner.cancelled) joiner.request.onLevel({ recovered: joiner.recovered });
    }
  }

  #moveBase(sequence: number): void {
    if (sequence <= this.#base) return;
    this.#base = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    for (const [subject, last] of this.#above) if (last <= sequence) this.#above.delete(subject);
    if (sequence <= this.#readEnd) {
      for (const [subject, last] of this.#last) if (last <= sequence) this.#last.delete(subject);
    }
  }

  /** The storage behind the channel is another: its sequences have nothing to do with what was known. */
  #restart(bounds: StreamBounds, base: number): void {
    this.#generation += 1;
    this.#epoch = bounds.epoch;
    this.#last.clear();
    this.#above.clear();
    this.#base = base;
    this.#readEnd = base;
    this.#highest = base;
  }

  #ascendingAbove(): number[] {
    return [...this.#above.values()].sort(ascending);
  }
}

/** Whether a position still means something in the stream as it is. */
export function isRecoverable(position: Position, bounds: StreamBounds): boolean {
  return position.epoch === bounds.epoch && position.base + 1 >= bounds.first && position.base <= bounds.last;
}

function startJoiner(joiner: Joiner, bounds: StreamBounds): Coverage<ChannelEvent> {
  if (!isRecoverable(joiner.position, bounds)) {
    joiner.recovered = false;
    joiner.position = { epoch: bounds.epoch, base: bounds.first - 1, above: [] };
  }
  const { position, request } = joiner;
  return new Coverage(position, (event) => {
    if (joiner.cancelled) return;
    const above = position.above.filter((sequence) => sequence > event.sequence);
    request.deliver(event, encodeCursorParts(position.epoch, event.sequence, above), false);
  });
}

function ascending(one: number, other: number): number {
  return one - other;
}
