import { randomBytes } from 'node:crypto';
import { openSockets } from './open-sockets.ts';
import { cpuOf } from './process-cpu.ts';
import { RawPublisher } from './raw-publisher.ts';
import { RawSocket } from './raw-socket.ts';
import type { Broker, MeasuredServer } from './servers.ts';
import { Chunks, type Traffic } from './traffic.ts';

export interface ChunkLoad {
  readonly sessions: number;
  /** Chunks in flight per session: 1 leaves nothing to gather. */
  readonly window: number;
  readonly deliveries: number;
  /** What each session is sent; chunks where nothing else is said. */
  readonly traffic?: (sessionId: string) => Traffic;
}

export interface ChunkCost {
  /** Processor time of the server for each delivered chunk, microseconds. */
  readonly cpuUs: number;
  readonly perSecond: number;
  /** How busy the driver's own processor was, 0 to 1: near 1 the driver is what is measured. */
  readonly driverLoad: number;
}

const WARM_UP_SHARE = 0.2;

/** Keeps a window of chunks in flight per session and measures what each costs the server. */
export async function runChunkLoad(
  broker: Broker,
  server: MeasuredServer,
  load: ChunkLoad,
): Promise<ChunkCost> {
  using publisher = await RawPublisher.connect(broker.url);
  const run = `b${randomBytes(6).toString('hex')}`;
  let delivered = 0;
  let finish: () => void = () => undefined;
  // Nothing is published before all are open: the welcomed would hold up the others.
  let target = 0;
  const makeTraffic = load.traffic ?? ((sessionId: string): Traffic => new Chunks(sessionId));
  const traffics = Array.from({ length: load.sessions }, (_, index) =>
    makeTraffic(`${run}-${String(index)}`),
  );
  const sockets = await openSockets(traffics.entries(), ([index, traffic]) =>
    RawSocket.open(server.port, `/ws/chat/${run}-${String(index)}`, () => {
      if (!traffic.arrived()) return;
      delivered += 1;
      if (delivered >= target) finish();
      else publisher.publish(traffic.next());
    }),
  );
  try {
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => {
        target = count;
        finish = resolve;
      });
    const warm = until(load.deliveries * WARM_UP_SHARE);
    for (const traffic of traffics)
      for (let count = 0; count < load.window; count += 1) publisher.publish(traffic.next());
    await warm;
    // The window closed by one: refill what the last delivery did not publish.
    const before = {
      cpu: cpuOf(server.pid),
      driver: cpuOf(process.pid) + cpuOf(broker.pid),
      at: performance.now(),
    };
    const start = delivered;
    const measured = until(start + load.deliveries);
    for (const traffic of traffics.slice(0, 1)) publisher.publish(traffic.next());
    await measured;
    const seconds = (performance.now() - before.at) / 1_000;
    const count = delivered - start;
    return {
      cpuUs: (cpuOf(server.pid) - before.cpu) / count,
      perSecond: count / seconds,
      driverLoad: (cpuOf(process.pid) + cpuOf(broker.pid) - before.driver) / (seconds * 1e6),
    };
  } finally {
    for (const socket of sockets) socket[Symbol.dispose]();
  }
}
