import type { Bus, StoredMessage, Unsubscribe } from '../../shared/bus/bus.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { GatewayEvents } from '../events.ts';

/** The live path is at most once, and silent about what it lost: how often the stream's end is looked at. */
const CHECK_MS = 10_000;
const RETRY_MS = 500;

/**
 * What operators say, each message once and in the order it was stored. Live messages only say that there
 * is something to read; what counts is read from the stream, with the broker's time on it.
 */
export class ControlLog implements Disposable {
  readonly #bus: Bus;
  readonly #events: GatewayEvents;
  readonly #onMessage: (message: StoredMessage, isNews: boolean) => void;
  readonly #forget: Unsubscribe[];
  readonly #check: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #epoch = '';
  #applied = 0;
  #reading: Promise<void> | undefined;
  #again = false;
  #opened = false;
  #disposed = false;

  /** `isNews` is false for what was said before `open` was called. */
  constructor(bus: Bus, events: GatewayEvents, onMessage: (message: StoredMessage, isNews: boolean) => void) {
    this.#bus = bus;
    this.#events = events;
    this.#onMessage = onMessage;
    const look = (): void => {
      void this.#catchUp();
    };
    this.#forget = [
      bus.subscribeLive(subjects.anyControl, look),
      bus.onLeaderElected('CONTROL', look),
      bus.onStatus((status) => {
        if (status === 'connected') look();
      }),
    ];
    this.#check = setInterval(look, CHECK_MS);
  }

  /** Reads everything that was said so far. @throws UnavailableError */
  async open(): Promise<void> {
    // Behind the subscription: what is stored from here on is heard.
    await this.#bus.roundTrip();
    await this.#read();
    this.#opened = true;
    void this.#catchUp();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const unsubscribe of this.#forget) unsubscribe();
    clearInterval(this.#check);
    clearTimeout(this.#retry);
  }

  async #catchUp(): Promise<void> {
    if (!this.#opened || this.#disposed) return;
    if (this.#reading !== undefined) {
      this.#again = true;
      return;
    }
    try {
      do {
        this.#again = false;
        this.#reading = this.#read();
        await this.#reading;
      } while (this.#isWanted());
    } catch (error) {
      this.#events.controlNotRead(error);
      this.#retry = setTimeout(() => void this.#catchUp(), RETRY_MS);
    } finally {
      this.#reading = undefined;
    }
  }

  /** Set by others during awaits. */
  #isWanted(): boolean {
    return this.#again && !this.#disposed;
  }

  async #read(): Promise<void> {
    const { epoch, last } = await this.#bus.bounds('CONTROL');
    if (epoch !== this.#epoch) {
      // Another storage: none of it was applied.
      this.#epoch = epoch;
      this.#applied = 0;
    }
    const range = { from: this.#applied + 1, to: last };
    await this.#bus.read('CONTROL', subjects.anyControl, range, (message) => {
      this.#applied = message.sequence;
      this.#apply(message);
      return !this.#disposed;
    });
    this.#applied = Math.max(this.#applied, last);
  }

  #apply(message: StoredMessage): void {
    try {
      this.#onMessage(message, this.#opened);
    } catch (error) {
      // One message that can't be dealt with must not hide those after it.
      this.#events.handlerFailed(error);
    }
  }
}
