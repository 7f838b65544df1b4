import type { JetStreamManager } from '@nats-io/jetstream';
import { storedIn, unsharded } from '../bus-protocol/session-shards.ts';
import { WORKER_CONSUMER, type StreamName } from '../bus-protocol/streams.ts';
import { asUnavailable } from './bus-errors.ts';

/** What the broker counts, without anybody reading a message: for operators, who may read none. */
export class BrokerCensus {
  readonly #manager: JetStreamManager;

  constructor(manager: JetStreamManager) {
    this.#manager = manager;
  }

  /**
   * Subjects of a stream and how many messages each has. It costs every subject of the stream.
   * @throws UnavailableError
   */
  subjectsOf(stream: StreamName, filter: string): Promise<ReadonlyMap<string, number>> {
    return asUnavailable(`subjects of ${stream}`, async () => {
      const options = { subjects_filter: storedIn(stream, filter) };
      const { state } = await this.#manager.streams.info(stream, options);
      return new Map(Object.entries(state.subjects ?? {}).map(([name, count]) => [unsharded(name), count]));
    });
  }

  /** Items of the work queue that nobody has taken yet, and those taken and not done. @throws UnavailableError */
  queue(): Promise<{ readonly waiting: number; readonly taken: number }> {
    return asUnavailable('queue', async () => {
      const info = await this.#manager.consumers.info('CHAT_REQUESTS', WORKER_CONSUMER);
      return { waiting: info.num_pending, taken: info.num_ack_pending };
    });
  }
}
