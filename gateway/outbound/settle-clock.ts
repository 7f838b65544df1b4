import type { Bus, BusStatus } from '../../shared/bus/bus.ts';
import type { ChannelReader } from '../../shared/channel/channel-reader.ts';

/** Far above the 1.3 ms by which two writers' events were ever swapped. */
const SETTLE_MS = 250;
/** A little more, so that a tick finds the marks of the one before old enough. */
const TICK_MS = 260;

/**
 * Lets the bases of all channels follow what was delivered a while ago. One round trip serves every
 * channel: what the broker republished before it has arrived when it is back, even if the process slept.
 */
export class SettleClock implements Disposable {
  readonly #bus: Bus;
  readonly #readers = new Set<ChannelReader>();
  readonly #timer: NodeJS.Timeout;
  #marks: { reader: ChannelReader; mark: NonNullable<ReturnType<ChannelReader['mark']>> }[] = [];
  #markedAtMs = 0;
  #busy = false;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  add(reader: ChannelReader): void {
    this.#readers.add(reader);
  }

  remove(reader: ChannelReader): void {
    this.#readers.delete(reader);
  }

  /** The broker was gone: whatever was published meanwhile has to be looked up once it is back. */
  onBrokerStatus(status: BusStatus): void {
    for (const reader of this.#readers) {
      if (status === 'connected') reader.catchUp();
      else reader.distrust();
    }
  }

  /** The live path may have lost something, as when another server became the stream's leader. */
  catchUpAll(): void {
    for (const reader of this.#readers) reader.catchUp();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#readers.clear();
  }

  async #tick(): Promise<void> {
    if (this.#busy || this.#bus.status !== 'connected') return;
    // After a slow round trip the next tick may come soon: marks have to be old all the same.
    if (this.#marks.length > 0 && performance.now() - this.#markedAtMs < SETTLE_MS) return;
    this.#busy = true;
    try {
      const marks = this.#marks;
      this.#marks = [];
      if (marks.length > 0) {
        await this.#bus.roundTrip();
        for (const { reader, mark } of marks) if (this.#readers.has(reader)) reader.settle(mark);
      }
      for (const reader of this.#readers) {
        const mark = reader.mark();
        if (mark !== undefined) this.#marks.push({ reader, mark });
      }
      this.#markedAtMs = performance.now();
    } catch {
      this.#marks = []; // No answer: nothing settles, the next tick tries again.
    } finally {
      this.#busy = false;
    }
  }
}
