import type { StreamName } from '../../shared/bus-protocol/streams.ts';
import { ModelConnection, type BrokerEnd, type BrokerFaults } from './connection-model.ts';
import type { SeededRandom } from './seeded-random.ts';
import { StreamModel, type ModelHeaders, type ModelMessage } from './stream-model.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const NO_FAULTS: BrokerFaults = { swap: 0, repeat: 0, requestFailure: 0 };

/**
 * A broker in memory, on a virtual clock and one source of chance: streams, and connections that get
 * what is stored live, with everything that may happen to it on the way. Stored is never lost; live
 * messages are, but only when a connection is cut, a leader changes or a connection is deaf.
 */
export class BrokerModel implements BrokerEnd {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  faults: BrokerFaults;
  readonly #streams = new Map<StreamName, { storage: StreamModel; electionEndsMs: number }>();
  readonly #connections = new Set<ModelConnection>();

  constructor(clock: VirtualClock, random: SeededRandom, faults: BrokerFaults) {
    this.clock = clock;
    this.random = random;
    this.faults = faults;
  }

  connect(): ModelConnection {
    const connection = new ModelConnection(this);
    this.#connections.add(connection);
    return connection;
  }

  forget(connection: ModelConnection): void {
    this.#connections.delete(connection);
  }

  storage(name: StreamName): StreamModel {
    return this.#stream(name).storage;
  }

  hasLeader(name: StreamName): boolean {
    return this.#stream(name).electionEndsMs <= this.clock.nowMs;
  }

  /** Stores and republishes. Undefined while the stream has no leader: nothing is stored. */
  store(
    name: StreamName,
    subject: string,
    writer: string,
    data: Uint8Array,
    headers: ModelHeaders = {},
  ): ModelMessage | undefined {
    if (!this.hasLeader(name)) return undefined;
    const message = this.storage(name).append(subject, data, this.clock.nowMs, headers);
    for (const connection of this.#connections) connection.republish(message, writer);
    return message;
  }

  /** The leader is gone, with some of what it had yet to republish; another is elected after a while. */
  changeLeader(name: StreamName, durationMs: number): void {
    if (!this.hasLeader(name)) return;
    this.#stream(name).electionEndsMs = this.clock.nowMs + durationMs;
    for (const connection of this.#connections) connection.loseOnTheWay(0.5);
    this.clock.schedule(() => {
      for (const connection of this.#connections) connection.tellLeaderElected(name);
    }, durationMs);
  }

  /** The storage is lost while everybody is disconnected, and made anew. */
  replace(name: StreamName): void {
    for (const connection of this.#connections) {
      connection.loseOnTheWay(1);
      connection.cut(0, this.random.between(1, 300));
    }
    this.storage(name).replace();
  }

  #stream(name: StreamName): { storage: StreamModel; electionEndsMs: number } {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = { storage: new StreamModel(), electionEndsMs: 0 };
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
