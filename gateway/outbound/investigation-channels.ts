import type { Position } from '../../shared/channel/position.ts';
import type { Connection } from '../session/connection.ts';
import type { Broadcast } from './broadcast.ts';
import { Channel, type ChannelDependencies } from './channel.ts';
import { InvestigationRelay } from './investigation-relay.ts';

interface Entry {
  readonly channel: Channel;
  readonly connections: Set<Connection>;
  /** Callers that hold the channel open without a socket on it yet. */
  holders: number;
}

/** Keeps an open channel open, as long as nobody is attached to it yet. */
export interface ChannelHold extends Disposable {
  readonly investigationId: string;
  readonly channel: Channel;
}

/** The channels of investigations somebody on this gateway follows: opened with the first, closed with the last. */
export class InvestigationChannels implements Disposable {
  readonly #dependencies: ChannelDependencies;
  readonly #broadcast: Broadcast;
  /** By the channel's wire name. */
  readonly #entries = new Map<string, Entry>();

  constructor(dependencies: ChannelDependencies, broadcast: Broadcast) {
    this.#dependencies = dependencies;
    this.#broadcast = broadcast;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(investigationId: string): Channel | undefined {
    return this.#entries.get(wireNameOf(investigationId))?.channel;
  }

  /** Opens the channel if need be and keeps it open until the hold is disposed. @throws UnavailableError */
  async hold(investigationId: string): Promise<ChannelHold> {
    const entry = this.#entryOf(investigationId);
    entry.holders += 1;
    const release = (): void => {
      entry.holders -= 1;
      this.#closeIfUnused(entry);
    };
    try {
      await entry.channel.open();
    } catch (error) {
      release();
      throw error;
    }
    return { investigationId, channel: entry.channel, [Symbol.dispose]: release };
  }

  /** Attaches at a position, or where the channel stands. Only under a hold, so that the channel is open. */
  attach(connection: Connection, investigationId: string, position: Position | undefined): void {
    const entry = this.#entries.get(wireNameOf(investigationId));
    if (entry === undefined || connection.closed) return;
    entry.connections.add(connection);
    connection.attach(entry.channel, position);
  }

  detach(connection: Connection, investigationId: string): void {
    this.#detach(connection, wireNameOf(investigationId));
  }

  /** The socket is gone from all of them. */
  detachAll(connection: Connection): void {
    for (const wireName of connection.attachedTo) this.#detach(connection, wireName);
  }

  /** Looks for what the live path may have lost without a word. */
  checkPositions(): void {
    for (const { channel } of this.#entries.values()) {
      channel.reader.catchUp();
      channel.tidy();
    }
  }

  [Symbol.dispose](): void {
    for (const { channel } of this.#entries.values()) channel[Symbol.dispose]();
    this.#entries.clear();
  }

  #detach(connection: Connection, wireName: string): void {
    const entry = this.#entries.get(wireName);
    if (entry === undefined) return;
    connection.detach(wireName);
    entry.connections.delete(connection);
    this.#closeIfUnused(entry);
  }

  #entryOf(investigationId: string): Entry {
    const wireName = wireNameOf(investigationId);
    const known = this.#entries.get(wireName);
    if (known !== undefined) return known;
    const channel = new Channel(
      {
        wireName,
        stream: 'INVESTIGATIONS',
        id: investigationId,
        relay: new InvestigationRelay(this.#dependencies.events),
        broadcast: this.#broadcast,
      },
      this.#dependencies,
    );
    const entry = { channel, connections: new Set<Connection>(), holders: 0 };
    this.#entries.set(wireName, entry);
    return entry;
  }

  #closeIfUnused(entry: Entry): void {
    if (entry.connections.size > 0 || entry.holders > 0) return;
    entry.channel[Symbol.dispose]();
    const { wireName } = entry.channel;
    if (this.#entries.get(wireName) === entry) this.#entries.delete(wireName);
  }
}

function wireNameOf(investigationId: string): string {
  return `investigation.${investigationId}`;
}
