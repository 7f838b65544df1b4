import { connect, type NatsConnection } from '@nats-io/transport-node';
import { machineMs } from './pace.ts';
import type { Broker } from './servers.ts';

const CONTENT = Buffer.from('"content":"');
const CHUNK_START = Buffer.from('{"type":"chat"');
/** As many digits as the moment of a piece has at most. */
const MOMENT_BYTES = 24;

/** Listens to everything stored of sessions: counts chunks, and tells how late they are whose pieces are moments. */
export class ChunkWatch implements AsyncDisposable {
  readonly #connection: NatsConnection;
  #count = 0;
  #latenessMs: number[] = [];

  private constructor(connection: NatsConnection, timed: boolean) {
    this.#connection = connection;
    connection.subscribe('live.session.>', {
      callback: (_error, { data }) => {
        if (!CHUNK_START.equals(data.subarray(0, CHUNK_START.length))) return;
        this.#count += 1;
        if (timed) this.#time(Buffer.from(data.buffer, data.byteOffset, data.length));
      },
    });
  }

  static async open(broker: Broker, { timed }: { readonly timed: boolean }): Promise<ChunkWatch> {
    const watch = new ChunkWatch(await connect({ servers: broker.url }), timed);
    await watch.#connection.flush();
    return watch;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the oldest piece in each chunk since the last call, from when it was said until it came here stored. */
  takeLatenessMs(): readonly number[] {
    const latenessMs = this.#latenessMs;
    this.#latenessMs = [];
    return latenessMs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close();
  }

  #time(data: Buffer): void {
    const start = data.indexOf(CONTENT) + CONTENT.length;
    this.#latenessMs.push(
      machineMs() - Number.parseFloat(data.toString('latin1', start, start + MOMENT_BYTES)),
    );
  }
}
