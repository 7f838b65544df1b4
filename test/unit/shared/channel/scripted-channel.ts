import { ChannelReader, type LiveChannelEvent } from '../../../../shared/channel/channel-reader.ts';
import { decodeCursor, type Position } from '../../../../shared/channel/position.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const NO_BYTES = new Uint8Array();

/** A reader whose stream and live path do just what a test says. */
export class ScriptedChannel {
  readonly clock = new VirtualClock();
  readonly reader: ChannelReader;
  /** What the channel delivered, as `subject sequence`, with a `*` for what a read brought. */
  readonly delivered: string[] = [];
  /** The positions behind the cursors that came with them. */
  readonly positions: (Position | undefined)[] = [];
  readonly failures: unknown[] = [];
  /** The range of every read that was begun. */
  readonly reads: (readonly [from: number, to: number])[] = [];
  readonly stored: LiveChannelEvent[] = [];
  gaps = 0;
  asked = 0;
  epoch = 'epoch-01';
  first = 1;
  last = 0;
  /** Reads break off after so many events. */
  breakAfter = Infinity;
  onDeliver: (event: LiveChannelEvent) => void = () => undefined;
  #gate: Promise<void> | undefined;

  constructor() {
    this.reader = new ChannelReader({
      bounds: async () => {
        this.asked += 1;
        const bounds = { first: this.first, last: this.last, epoch: this.epoch };
        await this.#gate;
        return bounds;
      },
      read: async (from, to, onEvent) => {
        this.reads.push([from, to]);
        await this.#gate;
        const events = this.stored.filter(({ sequence }) => sequence >= from && sequence <= to);
        for (const [index, event] of events.entries()) {
          if (index === this.breakAfter) throw new Error('The read broke off');
          onEvent(event);
        }
      },
      deliver: (event, cursor, live) => {
        this.delivered.push(`${event.subject} ${event.sequence}${live ? '' : '*'}`);
        this.positions.push(decodeCursor(String(cursor)));
        this.onDeliver(event as LiveChannelEvent);
      },
      gapFound: () => (this.gaps += 1),
      catchUpFailed: (error) => this.failures.push(error),
      schedule: (task, delayMs) => this.clock.schedule(task, delayMs),
    });
  }

  /** Stores the next event of a subject, without a live message. */
  store(subject: string): LiveChannelEvent {
    this.last += 1;
    const previousSequence = this.stored.findLast((event) => event.subject === subject)?.sequence ?? 0;
    const event = { subject, sequence: this.last, previousSequence, data: NO_BYTES, header: () => undefined };
    this.stored.push(event);
    return event;
  }

  /** Stores and delivers live, one after the other. */
  publish(...subjects: string[]): void {
    for (const subject of subjects) this.reader.onLive(this.store(subject));
  }

  /** From now on answers wait, as they are when they are asked for. The returned function lets them go. */
  hold(): () => Promise<void> {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    this.#gate = gate;
    return async () => {
      if (this.#gate === gate) this.#gate = undefined;
      release();
      await this.quiet();
    };
  }

  /** Everything that needs no time has happened. */
  async quiet(): Promise<void> {
    await this.clock.runFor(0);
  }

  /** Another storage takes the place of this one. */
  replaceStorage(): void {
    this.epoch = 'epoch-02';
    this.stored.length = 0;
    this.last = 0;
  }
}

/** One that is open and stands at the end of what was stored before. */
export async function openChannel(...before: string[]): Promise<ScriptedChannel> {
  const channel = new ScriptedChannel();
  for (const subject of before) channel.store(subject);
  await channel.reader.open();
  return channel;
}
