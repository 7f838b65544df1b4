import type { StreamName } from '../bus-protocol/streams.ts';
import type { Bus } from './bus.ts';

const CHECK_INTERVAL_MS = 5_000;

/** Looks whether the streams are still there: somebody may delete one, or point a service at another broker. */
export class StreamWatch implements Disposable {
  readonly #bus: Pick<Bus, 'missingStreams'>;
  readonly #names: readonly StreamName[];
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #missing: readonly StreamName[] = [];

  constructor(
    bus: Pick<Bus, 'missingStreams'>,
    names: readonly StreamName[],
    intervalMs = CHECK_INTERVAL_MS,
  ) {
    this.#bus = bus;
    this.#names = names;
    this.#timer = setInterval(() => void this.#look(), intervalMs);
  }

  get allThere(): boolean {
    return this.#missing.length === 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#missing = await this.#bus.missingStreams(this.#names);
    } catch {
      // Not known: whether the broker answers is another check's business.
    } finally {
      this.#asking = false;
    }
  }
}
