import { cpuOf } from './process-cpu.ts';
import { RawPublisher } from './raw-publisher.ts';
import { RawSocket } from './raw-socket.ts';
import type { Broker, MeasuredServer } from './servers.ts';

export interface FanOutCost {
  /** Processor time of the server for each delivery, microseconds. */
  readonly cpuUs: number;
  /** How busy the driver's own processor was, 0 to 1: near 1 the driver is what is measured. */
  readonly driverLoad: number;
}

/** More at once than the listener keeps waiting would only connect again after a second. */
const OPENED_AT_ONCE = 250;
const WARM_UP_SHARE = 0.2;

/** As a service publishes it. */
const PROGRESS = JSON.stringify({
  stage: 'contratos',
  progress: 0.42,
  message: 'Analisando 1.284 contratos de 2026 do Ministério da Saúde',
});

/** Sockets that all follow one investigation. */
export class Audience implements Disposable {
  readonly #broker: Broker;
  readonly #server: MeasuredServer;
  readonly #publisher: RawPublisher;
  readonly #notification: Buffer;
  readonly #sockets: RawSocket[] = [];
  #delivered = 0;
  #onDelivery: () => void = () => undefined;

  private constructor(broker: Broker, server: MeasuredServer, publisher: RawPublisher, id: string) {
    this.#broker = broker;
    this.#server = server;
    this.#publisher = publisher;
    this.#notification = RawPublisher.block(`investigation.${id}.progress`, PROGRESS);
  }

  static async open(broker: Broker, server: MeasuredServer, sockets: number): Promise<Audience> {
    const id = `f${String(Date.now())}`;
    const publisher = await RawPublisher.connect(broker.url);
    const audience: Audience = new Audience(broker, server, publisher, id);
    while (audience.#sockets.length < sockets) {
      const count = Math.min(OPENED_AT_ONCE, sockets - audience.#sockets.length);
      const some = Array.from({ length: count }, () =>
        RawSocket.open(server.port, `/ws/investigations/${id}`, () => {
          audience.#delivered += 1;
          audience.#onDelivery();
        }),
      );
      audience.#sockets.push(...(await Promise.all(some)));
    }
    return audience;
  }

  /** Publishes `inFlight` notifications, and another whenever one has reached everybody. */
  async cost(inFlight: number, notifications: number): Promise<FanOutCost> {
    await this.#send(inFlight, Math.ceil(notifications * WARM_UP_SHARE));
    const before = { server: cpuOf(this.#server.pid), driver: this.#driverCpu(), at: performance.now() };
    await this.#send(inFlight, notifications);
    const wallUs = (performance.now() - before.at) * 1_000;
    return {
      cpuUs: (cpuOf(this.#server.pid) - before.server) / (notifications * this.#sockets.length),
      driverLoad: (this.#driverCpu() - before.driver) / wallUs,
    };
  }

  /** Resolves when everybody has one more. */
  notify(): Promise<void> {
    return this.#send(1, 1);
  }

  /** Resolves when everybody has all of them. */
  #send(inFlight: number, notifications: number): Promise<void> {
    return new Promise((resolve) => {
      let published = 0;
      const publish = (): void => {
        published += 1;
        this.#publisher.publish(this.#notification);
      };
      this.#delivered = 0;
      this.#onDelivery = () => {
        if (this.#delivered % this.#sockets.length !== 0) return;
        if (this.#delivered === notifications * this.#sockets.length) resolve();
        else if (published < notifications) publish();
      };
      for (let count = 0; count < Math.min(inFlight, notifications); count += 1) publish();
    });
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
    this.#publisher[Symbol.dispose]();
  }

  #driverCpu(): number {
    return cpuOf(process.pid) + cpuOf(this.#broker.pid);
  }
}
