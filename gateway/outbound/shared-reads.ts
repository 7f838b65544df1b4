import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import type { StreamName } from '../../shared/bus-protocol/streams.ts';
import { UnavailableError } from '../../shared/bus/bus-errors.ts';

/** Reads of one stream under way at once; who comes later waits, and shares the next one. */
const MAX_UNDER_WAY = 4;
/** From this many on, those who wait are worth one read of everything. */
const MIN_SHARED = 4;
/**
 * How many messages a shared read may pass for each who shares it: passing one costs some microseconds,
 * making a consumer of one's own milliseconds (2.9.10).
 */
const SPAN_PER_READER = 2_000;

export interface SharedReadsOptions {
  readonly bus: Pick<Bus, 'read'>;
  readonly stream: StreamName;
  /** The filter that every channel of the stream falls under. */
  readonly wholeFilter: string;
  /** The channel a stored subject belongs to, as named in `read`. */
  readonly channelOf: (subject: string) => string | undefined;
  /** Told of each read of the stream that is really made. */
  readonly onRead: () => void;
}

interface Reader {
  readonly channel: string;
  readonly filter: string;
  readonly from: number;
  readonly to: number;
  readonly onMessage: (message: StoredMessage) => boolean;
  readonly resolve: (complete: boolean) => void;
  readonly reject: (error: unknown) => void;
  /** Still wants messages. */
  open: boolean;
}

/**
 * Reads of many channels of one stream. Alone, each reads its own; when many wait, as after a gateway died
 * and its clients all came here, they share one read from the smallest position.
 */
export class SharedReads {
  readonly #options: SharedReadsOptions;
  #waiting: Reader[] = [];
  #underWay = 0;
  #isShared = false;

  constructor(options: SharedReadsOptions) {
    this.#options = options;
  }

  /**
   * The stored messages of one channel in a range, in order, until `onMessage` returns false.
   * @returns whether the end was reached
   * @throws UnavailableError
   */
  read(
    channel: string,
    filter: string,
    range: { readonly from: number; readonly to: number },
    onMessage: (message: StoredMessage) => boolean,
  ): Promise<boolean> {
    const { from, to } = range;
    if (from > to) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ channel, filter, from, to, onMessage, resolve, reject, open: true });
      this.#startReads();
    });
  }

  #startReads(): void {
    while (this.#underWay < MAX_UNDER_WAY && this.#waiting.length > 0) {
      // One shared read at a time: who comes meanwhile makes the next one cheaper for each.
      if (this.#isShared && this.#waiting.length >= MIN_SHARED) return;
      const readers = this.#nextReaders();
      const isShared = readers.length > 1;
      this.#isShared ||= isShared;
      this.#underWay += 1;
      void this.#readFor(readers).finally(() => {
        this.#underWay -= 1;
        if (isShared) this.#isShared = false;
        this.#startReads();
      });
    }
  }

  /** Those who share the next read: as many of the most recent positions as make it worth while, else the first come. */
  #nextReaders(): readonly Reader[] {
    if (this.#waiting.length >= MIN_SHARED) {
      const latestFirst = this.#waiting.toSorted((one, other) => other.from - one.from);
      const end = Math.max(...latestFirst.map(({ to }) => to));
      const count =
        latestFirst.findLastIndex(({ from }, index) => end - from < SPAN_PER_READER * (index + 1)) + 1;
      if (count >= MIN_SHARED) {
        const chosen = new Set(latestFirst.slice(0, count));
        this.#waiting = this.#waiting.filter((reader) => !chosen.has(reader));
        return [...chosen];
      }
    }
    return this.#waiting.splice(0, 1);
  }

  /** Never rejects: each reader is told how it ended. */
  async #readFor(readers: readonly Reader[]): Promise<void> {
    this.#options.onRead();
    const { bus, stream } = this.#options;
    const [only] = readers;
    try {
      if (only !== undefined && readers.length === 1) {
        only.resolve(await bus.read(stream, only.filter, only, (message) => offer(only, message)));
        return;
      }
      await this.#readTogether(readers);
      for (const reader of readers) reader.resolve(reader.open);
    } catch (error) {
      for (const reader of readers) reader.reject(error);
    }
  }

  async #readTogether(readers: readonly Reader[]): Promise<void> {
    const { bus, stream, wholeFilter, channelOf } = this.#options;
    const byChannel = new Map<string, Reader[]>();
    for (const reader of readers) {
      byChannel.set(reader.channel, [...(byChannel.get(reader.channel) ?? []), reader]);
    }
    const range = {
      from: Math.min(...readers.map(({ from }) => from)),
      to: Math.max(...readers.map(({ to }) => to)),
    };
    let open = readers.length;
    await bus.read(stream, wholeFilter, range, (message) => {
      for (const reader of byChannel.get(channelOf(message.subject) ?? '') ?? []) {
        const wants = reader.open && message.sequence >= reader.from && message.sequence <= reader.to;
        if (wants && !offer(reader, message)) {
          reader.open = false;
          open -= 1;
        }
      }
      return open > 0;
    });
  }
}

/** Whether the reader wants more. One whose handler throws is told so, and harms no other. */
function offer(reader: Reader, message: StoredMessage): boolean {
  try {
    return reader.onMessage(message);
  } catch (error) {
    reader.reject(new UnavailableError('read handler', error));
    return false;
  }
}
