import { JetStreamApiError } from '@nats-io/jetstream';
import type { StreamName } from '../../../shared/bus-protocol/streams.ts';
import { BrokerModel } from '../../support/broker-model.ts';
import type { ModelConnection, BrokerFaults } from '../../support/connection-model.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { ModelHeaders } from '../../support/stream-model.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { SimQueue } from './sim-queue.ts';

const DEDUPE_MS = 10_000;
const WRONG_LAST_SEQUENCE = 10_071;

export interface StoreRequest {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly messageId: string;
  readonly expectedLastSequence: number | undefined;
  readonly headers: ModelHeaders;
  /** Who writes: one writer's messages keep their order. */
  readonly writer: string;
}

/**
 * The model of the broker with what a worker needs beside: expected sequences, a dedupe window and the work
 * queue. `isCluster`: as 2.9 with several servers does it, the expected sequence is looked at before the
 * message id, so that even one's own earlier try is refused.
 */
export class SimBroker {
  readonly model: BrokerModel;
  readonly queue: SimQueue;
  readonly clock: VirtualClock;
  readonly #isCluster: boolean;
  readonly #seen = new Map<StreamName, Map<string, { sequence: number; atMs: number }>>();
  readonly #connections = new Set<ModelConnection>();

  constructor(
    clock: VirtualClock,
    random: SeededRandom,
    settings: { readonly faults: BrokerFaults; readonly isCluster: boolean; readonly ackWaitMs: number },
  ) {
    this.clock = clock;
    this.model = new BrokerModel(clock, random, settings.faults);
    this.queue = new SimQueue(clock, random, settings.ackWaitMs);
    this.#isCluster = settings.isCluster;
  }

  connect(): ModelConnection {
    const connection = this.model.connect();
    this.#connections.add(connection);
    return connection;
  }

  close(connection: ModelConnection): void {
    connection.close();
    this.#connections.delete(connection);
    this.queue.forget(connection);
  }

  cut(connection: ModelConnection, noticedAfterMs: number, backAfterMs: number): void {
    connection.cut(noticedAfterMs, backAfterMs);
    this.queue.forget(connection);
  }

  /** Killed and started again: everything that was stored is there, and nobody is connected. */
  restart(downMs: () => number): void {
    for (const connection of this.#connections) connection.cut(0, downMs());
    this.queue.restart();
    // What was acknowledged is gone from the queue's stream, and with it the ids.
    this.#seen.delete('CHAT_REQUESTS');
  }

  /** @returns the sequence. @throws JetStreamApiError */
  store(name: StreamName, request: StoreRequest): number {
    const { subject, data, messageId, expectedLastSequence, headers, writer } = request;
    const seen = this.#earlier(name, messageId);
    if (!this.#isCluster && seen !== undefined) return seen;
    const last = this.model.storage(name).lastOf(subject);
    if (expectedLastSequence !== undefined && expectedLastSequence !== last) {
      throw new JetStreamApiError({
        code: 400,
        err_code: WRONG_LAST_SEQUENCE,
        description: `wrong last sequence: ${last}`,
      });
    }
    if (seen !== undefined) return seen;
    const message = this.model.store(name, subject, writer, data, { ...headers, 'Nats-Msg-Id': messageId });
    if (message === undefined) throw new Error('no leader');
    this.#ids(name).set(messageId, { sequence: message.sequence, atMs: this.clock.nowMs });
    if (name === 'CHAT_REQUESTS') this.queue.add(message);
    return message.sequence;
  }

  #earlier(name: StreamName, messageId: string): number | undefined {
    const seen = this.#ids(name).get(messageId);
    return seen !== undefined && this.clock.nowMs - seen.atMs < DEDUPE_MS ? seen.sequence : undefined;
  }

  #ids(name: StreamName): Map<string, { sequence: number; atMs: number }> {
    let ids = this.#seen.get(name);
    if (ids === undefined) {
      ids = new Map<string, { sequence: number; atMs: number }>();
      this.#seen.set(name, ids);
    }
    return ids;
  }
}
