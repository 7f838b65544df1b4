import type { SeededRandom } from '../../support/seeded-random.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { Journal } from '../clients/journal.ts';
import { OpenRequests } from '../clients/open-requests.ts';
import type { SimGateway } from './sim-gateway.ts';
import { SimSocket } from './sim-socket.ts';

export interface ClientWorld {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly limitBytes: number;
  /** Those that are there now. */
  readonly gateways: readonly SimGateway[];
  violate(text: string): void;
}

interface Frame {
  readonly type: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly channel?: string;
  readonly cursor?: string;
}

/** A client that keeps the contract, and sometimes does not read for a while. */
export class SimClient {
  readonly journal = new Journal();
  readonly sessionId: string;
  readonly name: string;
  readonly #world: ClientWorld;
  readonly #requests = new OpenRequests((message) => {
    if (this.#welcomed) this.#socket?.say(message);
  });
  #socket: SimSocket | undefined;
  #cursor: string | undefined;
  #welcomed = false;
  #attempt: number;

  constructor(world: ClientWorld, sessionId: string, name: string, gateway: number) {
    this.#world = world;
    this.sessionId = sessionId;
    this.name = name;
    this.#attempt = gateway;
    this.#connect();
  }

  get isWelcomed(): boolean {
    return this.#welcomed;
  }

  ask(requestId: string, message: string, copies: number): void {
    this.#requests.ask(requestId, message, copies);
  }

  cancel(requestId: string): void {
    this.#requests.cancel(requestId);
  }

  /** The connection breaks; it comes back by itself. */
  cut(): void {
    this.#socket?.cut();
  }

  set reading(reading: boolean) {
    if (this.#socket !== undefined) this.#socket.reading = reading;
  }

  #connect(): void {
    const { gateways, clock, random } = this.#world;
    const socket = new SimSocket(this.#world, {
      heard: (text) => {
        if (this.#socket === socket) this.#hear(text);
      },
      closed: (code) => {
        if (this.#socket === socket) this.#comeBack(code);
      },
    });
    this.#attempt += 1;
    const gateway = gateways[this.#attempt % gateways.length];
    if (gateway?.connect(socket, this.sessionId, this.#cursor) === true) this.#socket = socket;
    else clock.schedule(() => this.#connect(), random.between(5, 50));
  }

  #comeBack(code: number): void {
    this.#socket = undefined;
    this.#welcomed = false;
    this.journal.note(`closed ${code}`);
    this.#world.clock.schedule(() => this.#connect(), this.#world.random.between(1, 100));
  }

  #hear(text: string): void {
    const { type, id, data, channel, cursor } = JSON.parse(text) as Frame;
    if (channel !== undefined && cursor !== undefined) {
      this.#cursor = cursor;
      this.journal.add({ channel, id, type, data, cursor, atMs: this.#world.clock.nowMs });
      this.#requests.heard(type, String(data['request_id']));
    } else if (type === 'connection') this.#welcome(data);
    else if (type === 'chat_accepted') this.#requests.accepted(String(data['request_id']));
    else if (type === 'error') this.#fail(data);
  }

  #welcome(data: Frame['data']): void {
    if (this.#cursor !== undefined && data['recovered'] !== true) this.journal.violate('was not recovered');
    const cursor = String(data['cursor']);
    if (this.#cursor === undefined) this.journal.startedAt.set('session', cursor);
    this.#cursor ??= cursor;
    this.#welcomed = true;
    this.#requests.sendAll();
  }

  #fail({ code, request_id: requestId }: Frame['data']): void {
    if (code === 'NOT_FOUND' || code === 'CHAT_FAILED') return;
    if (code !== 'UNAVAILABLE' && code !== 'LIMIT') this.journal.violate(`error ${String(code)}`);
    this.#world.clock.schedule(() => this.#requests.send(String(requestId)), 100);
  }
}
