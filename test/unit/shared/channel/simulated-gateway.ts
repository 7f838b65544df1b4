import { subjects } from '../../../../shared/bus-protocol/subjects.ts';
import { ChannelReader, type ChannelEvent, type Mark } from '../../../../shared/channel/channel-reader.ts';
import { encodeCursor } from '../../../../shared/channel/position.ts';
import type { BrokerModel } from '../../../support/broker-model.ts';
import { RequestFailed, type ModelConnection } from '../../../support/connection-model.ts';
import { ModelMessage } from '../../../support/stream-model.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';
import { Receiver, type ChannelLedger } from './channel-ledger.ts';

export const STREAM = 'SESSIONS';
export const CHANNEL = subjects.sessionChannel('here');
const SWEEP_MS = 250;

/** What a gateway knows of the simulation around it. */
export interface ChannelWorld {
  readonly clock: VirtualClock;
  readonly broker: BrokerModel;
  readonly ledger: ChannelLedger;
  /** Every cursor that was handed out. */
  readonly cursors: string[];
  readonly counts: { gaps: number; reads: number; settled: number };
}

/** One gateway's view of the channel, wired as a gateway does it. */
export class SimulatedGateway {
  readonly members = new Set<Receiver>();
  /** Stays on the channel from its opening to its end. */
  readonly witness: Receiver;
  readonly connection: ModelConnection;
  readonly reader: ChannelReader;
  /** Clients that are not level yet. */
  joining = 0;
  readonly #world: ChannelWorld;
  #isOpen = false;
  #closed = false;

  constructor(world: ChannelWorld, name: string) {
    this.#world = world;
    this.witness = new Receiver(name, world.ledger);
    this.connection = world.broker.connect();
    this.reader = new ChannelReader({
      bounds: () => this.connection.bounds(STREAM),
      read: (from, to, onEvent) => {
        world.counts.reads += 1;
        return this.connection.read(STREAM, CHANNEL, { from, to }, onEvent);
      },
      deliver: (event, cursor) => {
        this.#deliver(event, String(cursor));
      },
      gapFound: () => (world.counts.gaps += 1),
      catchUpFailed: (error) => {
        if (!(error instanceof RequestFailed)) world.ledger.violate(`a catch-up failed: ${String(error)}`);
      },
      schedule: (task, delayMs) => world.clock.schedule(task, delayMs),
    });
    this.connection.subscribeLive(CHANNEL, (message) => {
      this.reader.onLive(message);
    });
    this.connection.onStatus((status) => {
      if (status === 'connected') this.reader.catchUp();
      else this.reader.distrust();
    });
    this.connection.onLeaderElected(STREAM, () => {
      this.reader.catchUp();
    });
    void this.#open();
    this.#sweep();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#closed = true;
    this.reader.close();
    this.connection.close();
    this.members.clear();
  }

  /** A new client without a cursor. */
  welcome(name: string): void {
    const client = new Receiver(name, this.#world.ledger);
    client.startAt(this.reader.position);
    this.witness.verify(this.reader.position, `the welcome of ${name}`);
    this.#world.cursors.push(encodeCursor(this.reader.position));
    this.members.add(client);
  }

  async #open(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.reader.open();
        if (!this.#isOpen) this.#start();
        return;
      } catch {
        // As a gateway does it: whoever waits for the channel tries again.
        await new Promise<void>((resolve) => this.#world.clock.schedule(resolve, 50));
      }
    }
  }

  #start(): void {
    this.#isOpen = true;
    this.witness.startAt(this.reader.position);
  }

  #deliver(event: ChannelEvent, cursor: string): void {
    const message = asStored(event);
    if (!this.#isOpen) this.#start();
    this.#world.cursors.push(cursor);
    this.witness.receive(message, cursor);
    for (const member of this.members) member.receive(message, cursor);
  }

  #sweep(): void {
    const { clock, counts } = this.#world;
    clock.schedule(() => {
      if (this.#closed) return;
      this.#sweep();
      const mark = this.reader.mark();
      if (mark === undefined) return;
      clock.schedule(() => void settleLater(mark), SWEEP_MS);
    }, SWEEP_MS);
    const settleLater = async (mark: Mark): Promise<void> => {
      try {
        await this.connection.roundTrip();
      } catch {
        return; // Nothing settles without an answer.
      }
      if (this.#closed) return;
      const { base } = this.reader.position;
      this.reader.settle(mark);
      if (this.reader.position.base > base) counts.settled += 1;
      this.witness.verify(this.reader.position, 'after a settle');
    };
  }
}

/** Readers hand events on as they got them. */
export function asStored(event: ChannelEvent): ModelMessage {
  if (event instanceof ModelMessage) return event;
  throw new Error('A reader delivered something else than what it was given');
}
