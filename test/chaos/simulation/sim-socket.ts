import type { CloseReason } from '../../../shared/socket-protocol/close-codes.ts';
import type { Frame, Socket, SocketHandler } from '../../../gateway/transport/transport.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

const CUT = 1006;

/** What a client hears of its socket. */
export interface SocketListener {
  heard(text: string): void;
  closed(code: number): void;
}

/**
 * A connection between a client and a gateway: nothing of it is in a kernel, so that a client which does not
 * read is felt at once.
 */
export class SimSocket implements Socket {
  handler: SocketHandler | undefined;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #listener: SocketListener;
  readonly #limitBytes: number;
  readonly #violate: (text: string) => void;
  #frames: Frame[] = [];
  #bytes = 0;
  #reading = true;
  #isScheduled = false;
  #closed = false;

  constructor(
    world: { clock: VirtualClock; random: SeededRandom; violate: (text: string) => void; limitBytes: number },
    listener: SocketListener,
  ) {
    this.#clock = world.clock;
    this.#random = world.random;
    this.#violate = world.violate;
    this.#limitBytes = world.limitBytes;
    this.#listener = listener;
  }

  bufferedBytes(): number {
    return this.#bytes;
  }

  send(frames: readonly Frame[]): boolean {
    if (this.#closed) return true;
    const before = this.#bytes;
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#bytes += typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
    }
    // One frame fits an idle reader, however long it is; the last words of a closing socket always do.
    if (this.#bytes > this.#limitBytes && before + frames.length > 1 && this.#bytes > 4 * this.#limitBytes) {
      this.#violate(`a reader that does not read costs ${this.#bytes} bytes`);
    }
    this.#schedule();
    return true;
  }

  close({ code }: CloseReason): void {
    this.#end(code);
  }

  cut(): void {
    this.#end(CUT);
  }

  /** One message of the client. */
  say(message: object): void {
    const bytes = Buffer.from(JSON.stringify(message));
    this.#clock.schedule(
      () => {
        if (this.#closed) return;
        const view = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
        this.handler?.message(view, false);
      },
      this.#random.between(0.05, 0.5),
    );
  }

  /** The client stops reading, or goes on. */
  set reading(reading: boolean) {
    this.#reading = reading;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#reading || this.#frames.length === 0 || this.#closed) return;
    this.#isScheduled = true;
    this.#clock.schedule(
      () => {
        this.#isScheduled = false;
        this.#deliver();
      },
      this.#random.between(0.05, 0.5),
    );
  }

  /** Some of what waits gets there, mostly all. */
  #deliver(): void {
    if (!this.#reading || this.#closed) return;
    const count = this.#random.chance(0.2) ? 1 : this.#frames.length;
    for (const frame of this.#frames.splice(0, count)) {
      const bytes = Buffer.from(frame);
      this.#bytes -= bytes.length;
      this.#listener.heard(bytes.toString());
    }
    this.handler?.drained();
    this.#schedule();
  }

  #end(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handler?.closed(code);
    // What was not read is lost with the connection.
    this.#clock.schedule(() => this.#listener.closed(code), this.#random.between(0.05, 2));
  }
}
