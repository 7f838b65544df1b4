import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { startBroker } from '../support/start-broker.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ContractClient } from './clients/contract-client.ts';
import { Link } from './network/link.ts';
import { ServiceProcess } from './services/service-process.ts';
import { BrokerLog } from './trial/broker-log.ts';

const LIMIT_BYTES = 1_048_576;
const EVENT_BYTES = 200_000;
/** 20 MB of events, many times what one slow reader may cost. */
const EVENTS = 100;
const PATIENCE_MS = 120_000;
/** Others may get slower by so much, and by what a busy machine adds. */
const SLOWER = 1.2;
const NOISE_MS = 25;

const owned = new DisposalStack();
let gateway: ServiceProcess;
let log: BrokerLog;
/** Between the slow reader and the gateway. */
let link: Link;
let slow: ContractClient;
let other: ContractClient;

beforeAll(async () => {
  const nats = owned.use(await startBroker());
  const settings = { MAX_BACKPRESSURE_BYTES: String(LIMIT_BYTES), STREAM_MAX_MEGABYTES: '256' };
  gateway = owned.use(await ServiceProcess.start('gateway', nats.url, settings));
  log = owned.use(await BrokerLog.open(nats.url));
  link = owned.use(await Link.open('slow reader', () => gateway.port));
  slow = client('slow', link.port);
  other = client('other', gateway.port);
  await Promise.all([slow, other].map((one) => one.until(() => one.isSettled, patience())));
}, PATIENCE_MS);
afterAll(async () => {
  link.release();
  await Promise.all([slow.close(), other.close()]);
  await owned[Symbol.asyncDispose]();
}, PATIENCE_MS);

describe('a client that does not read while 20 MB go by', () => {
  test('costs no more than it may, slows nobody down, and gets everything once and in order', async () => {
    const before = await publishRound(0);
    await slow.until(() => slow.journal.received.length === EVENTS, patience());

    link.hold('down');
    const during = await publishRound(1);
    const waiting = await gateway.metric('rt_ws_buffered_bytes');
    expect(await gateway.metric('rt_ws_lagging')).toBe(1);
    expect(slow.journal.received.length).toBeLessThan(2 * EVENTS);

    link.release();
    await slow.until(() => slow.journal.received.length >= 2 * EVENTS, patience());
    await slow.flushed(patience());
    process.stdout.write(
      `p99 of the other: ${before.toFixed(1)} ms, ${during.toFixed(1)} ms beside the slow one, which cost ${waiting} bytes\n`,
    );
    expect(waiting).toBeLessThanOrEqual(LIMIT_BYTES + EVENT_BYTES);
    expect(during).toBeLessThan(before * SLOWER + NOISE_MS);
    const marks = slow.journal.received.map(({ data }) => data['mark']);
    expect(marks).toEqual([...marksOf(0), ...marksOf(1)]);
    expect(await gateway.metric('websocket_errors_total', 'frame_dropped')).toBe(0);
    expect([...slow.journal.violations, ...other.journal.violations, ...gateway.defects]).toEqual([]);
  });
});

/** Publishes 20 MB to the slow reader, and to the other a word beside each. @returns the p99 of its latency */
async function publishRound(round: number): Promise<number> {
  const padding = 'x'.repeat(EVENT_BYTES);
  const latencies: number[] = [];
  for (const mark of marksOf(round)) {
    await log.store(subjects.notification('slow'), { mark, padding }, mark, patience());
    const count = other.journal.received.length;
    const sentAtMs = performance.now();
    await log.store(subjects.notification('other'), { mark: `o${mark}` }, `o${mark}`, patience());
    await other.until(() => other.journal.received.length > count, patience());
    latencies.push((other.journal.received.at(-1)?.atMs ?? 0) - sentAtMs);
  }
  latencies.sort((one, next) => one - next);
  return latencies[Math.floor(latencies.length * 0.99) - 1] ?? 0;
}

function marksOf(round: number): string[] {
  return Array.from({ length: EVENTS }, (_, index) => `m${round}-${index}`);
}

function client(sessionId: string, port: number): ContractClient {
  return new ContractClient({
    name: sessionId,
    path: `/ws/chat/${sessionId}`,
    channel: 'session',
    ports: [port],
    first: 0,
    subscriptions: [],
    mayRead: [],
    random: new SeededRandom(1),
    // It is slow, not gone.
    deafMs: PATIENCE_MS,
  });
}

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
