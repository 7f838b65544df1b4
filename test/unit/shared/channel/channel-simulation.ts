import { decodeCursor, isRecoverable, type Position } from '../../../../shared/channel/position.ts';
import { subjects } from '../../../../shared/bus-protocol/subjects.ts';
import { BrokerModel, NO_FAULTS } from '../../../support/broker-model.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { ChannelLedger, Receiver } from './channel-ledger.ts';
import { asStored, CHANNEL, SimulatedGateway, STREAM, type ChannelWorld } from './simulated-gateway.ts';
import { anyWeather, type Weather } from './weather.ts';

/** Long enough for every retry, reconnect and sweep to come to an end. */
const HEALING_MS = 2_500;
const EMPTY = new Uint8Array();

export interface Outcome {
  readonly stored: number;
  readonly gaps: number;
  readonly reads: number;
  readonly joined: number;
  readonly settled: number;
}

/** A channel of one stream, gateways that read it, and clients that come, go and come back. */
export class ChannelSimulation implements ChannelWorld {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly broker: BrokerModel;
  readonly ledger = new ChannelLedger();
  readonly weather: Weather;
  /** Every cursor that was handed out. */
  readonly cursors: string[] = [];
  readonly counts = { stored: 0, gaps: 0, reads: 0, joined: 0, settled: 0 };
  #gateways: SimulatedGateway[] = [];
  #named = 0;

  constructor(seed: number, weather?: Weather) {
    this.random = new SeededRandom(seed);
    this.weather = weather ?? anyWeather(this.random);
    this.broker = new BrokerModel(this.clock, this.random, this.weather);
  }

  /** @throws when anything is lost, repeated, out of order, wrongly claimed, or does not come to rest. */
  async run(steps: number): Promise<Outcome> {
    const before = this.random.integer(0, 20);
    for (let index = 0; index < before; index += 1) this.#store();
    this.#gateways = [
      new SimulatedGateway(this, this.#name('gateway')),
      new SimulatedGateway(this, this.#name('gateway')),
    ];
    for (let step = 0; step < steps; step += 1) {
      await this.#act();
      this.#check();
    }
    this.broker.faults = { ...NO_FAULTS, swap: this.weather.swap };
    for (const gateway of this.#gateways) gateway.connection.deaf = false;
    await this.clock.runFor(HEALING_MS);
    this.#check();
    const { reads } = this.counts;
    await this.clock.runFor(HEALING_MS);
    if (this.counts.reads > reads)
      this.ledger.violate(`${this.counts.reads - reads} reads of a channel at rest`);
    const { epoch } = this.broker.storage(STREAM).bounds;
    for (const gateway of this.#gateways) {
      if (gateway.joining > 0) this.ledger.violate(`${gateway.joining} clients never got level`);
      gateway.witness.verifyComplete(epoch);
      for (const member of gateway.members) member.verifyComplete(epoch);
    }
    this.#check();
    return this.counts;
  }

  async #act(): Promise<void> {
    const { random, weather } = this;
    const gateway = random.pick(this.#gateways);
    const dice = random.next();
    if (dice < 0.62) this.#burst();
    else if (dice < 0.76) this.#arrive(gateway);
    else if (dice < 0.8) this.#leave(gateway);
    else if (dice < 0.83 && weather.cuts)
      gateway.connection.cut(random.between(0, 60), random.between(1, 400));
    else if (dice < 0.85 && weather.elections) this.broker.changeLeader(STREAM, random.between(1, 150));
    else if (dice < 0.87 && weather.stalls) gateway.connection.stall(random.between(1, 60));
    else if (dice < 0.885 && weather.silentLosses) await this.#loseSilently(gateway);
    else if (dice < 0.895 && weather.trims) this.broker.storage(STREAM).trim(random.integer(5, 60));
    else if (dice < 0.9 && weather.purges)
      this.broker.storage(STREAM).purge(random.chance(0.3) ? CHANNEL : this.#subject());
    else if (dice < 0.905 && weather.replacements) this.broker.replace(STREAM);
    else if (dice < 0.915 && weather.restarts) this.#restart(gateway);
    else if (dice < 0.925 && weather.lookups) gateway.reader.catchUp();
    const pause = random.next();
    if (pause < 0.4) await this.clock.runFor(random.between(0, 1));
    else if (pause < 0.75) await this.clock.runFor(random.between(0, 10));
    else if (pause < 0.97) await this.clock.runFor(random.between(0, 100));
    else await this.clock.runFor(random.between(200, 1_200));
  }

  /** Several writers in the same instant. */
  #burst(): void {
    const count = this.random.integer(1, 5);
    for (let index = 0; index < count; index += 1) this.#store();
  }

  /** Whether there was a leader to store it. */
  #store(wanted?: string): boolean {
    const { random } = this;
    // Other channels of the stream take sequences, too.
    const isNoise = wanted === undefined && random.chance(0.25);
    const subject = isNoise ? subjects.chatLog('elsewhere', 'c0') : (wanted ?? this.#subject());
    const writer = `writer${random.integer(1, this.weather.writers)}`;
    const message = this.broker.store(STREAM, subject, writer, EMPTY);
    if (message === undefined) return false;
    if (isNoise) return true;
    this.ledger.add(message);
    this.counts.stored += 1;
    return true;
  }

  #subject(): string {
    return subjects.chatLog('here', `c${this.random.integer(1, this.weather.subjects)}`);
  }

  #arrive(gateway: SimulatedGateway): void {
    const { random } = this;
    if (!this.weather.joins || this.cursors.length === 0 || random.chance(0.3)) {
      if (gateway.isOpen) gateway.welcome(this.#name('newcomer'));
      return;
    }
    // Anyone's cursor, a recent one more often than not.
    const recent = random.chance(0.6) ? this.cursors.slice(-20) : this.cursors;
    this.#join(gateway, random.pick(recent));
  }

  /** A client goes, and often comes back elsewhere with the last cursor it had. */
  #leave(gateway: SimulatedGateway): void {
    const [member] = gateway.members;
    if (member === undefined) return;
    gateway.members.delete(member);
    if (this.weather.joins && member.cursor !== undefined)
      this.#join(this.random.pick(this.#gateways), member.cursor);
  }

  #join(gateway: SimulatedGateway, cursor: string): void {
    const position = decodeCursor(cursor);
    if (position === undefined) {
      this.ledger.violate(`the cursor ${cursor} can't be read`);
      return;
    }
    const client = new Receiver(this.#name('joiner'), this.ledger);
    const firstBefore = this.broker.storage(STREAM).bounds.first;
    const pending: (() => void)[] = [];
    let isOver = false;
    gateway.joining += 1;
    const withdraw = gateway.reader.join({
      position,
      deliver: (event, given) => {
        if (isOver)
          this.ledger.violate(`${client.name} was given an event after it was level or had withdrawn`);
        pending.push(() => {
          client.receive(asStored(event), given);
          this.cursors.push(given);
        });
      },
      onLevel: ({ recovered }) => {
        if (isOver) this.ledger.violate(`${client.name} was level twice or after it had withdrawn`);
        isOver = true;
        gateway.joining -= 1;
        this.counts.joined += 1;
        this.#checkRecovered(position, recovered, firstBefore, client.name);
        if (recovered) client.startAt(position);
        for (const receive of pending) receive();
        gateway.members.add(client);
      },
    });
    if (!this.random.chance(0.15)) return;
    // Gone before it is level: what it had until then counts all the same.
    this.clock.schedule(
      () => {
        if (isOver) return;
        withdraw();
        isOver = true;
        gateway.joining -= 1;
        if (!isRecoverable(position, this.broker.storage(STREAM).bounds)) return;
        client.startAt(position);
        for (const receive of pending) receive();
      },
      this.random.between(0, 5),
    );
  }

  #checkRecovered(position: Position, recovered: boolean, firstBefore: number, name: string): void {
    const bounds = this.broker.storage(STREAM).bounds;
    const isKept = position.epoch === bounds.epoch && position.base + 1 >= bounds.first;
    if (!recovered && isKept) this.ledger.violate(`${name} could have been recovered`);
    if (recovered && (position.epoch !== bounds.epoch || position.base + 1 < firstBefore)) {
      this.ledger.violate(`${name} can't have been recovered`);
    }
  }

  /** Events are lost without a sign. Either the next one of their subject gives it away, or the silence does. */
  async #loseSilently(gateway: SimulatedGateway): Promise<void> {
    const isTail = this.random.chance(0.5);
    const subject = this.#subject();
    gateway.connection.deaf = true;
    if (isTail) this.#burst();
    else this.#store(subject);
    await this.clock.runFor(isTail ? this.random.between(300, 1_500) : this.random.between(0, 3));
    gateway.connection.deaf = false;
    if (!isTail) await this.clock.runFor(this.random.between(0, 100));
    if (isTail || !this.#store(subject)) gateway.reader.catchUp();
  }

  /** A gateway ends; its clients come back to the one that takes its place. */
  #restart(gateway: SimulatedGateway): void {
    const members = [...gateway.members];
    gateway.close();
    const next = new SimulatedGateway(this, this.#name('gateway'));
    this.#gateways = this.#gateways.map((one) => (one === gateway ? next : one));
    for (const { cursor } of members) {
      if (this.weather.joins && cursor !== undefined) this.#join(next, cursor);
    }
  }

  #name(kind: string): string {
    this.#named += 1;
    return `${kind} ${this.#named}`;
  }

  #check(): void {
    if (this.ledger.violation !== undefined) throw new Error(this.ledger.violation);
  }
}
