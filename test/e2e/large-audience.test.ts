import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { ContractClient } from '../chaos/clients/contract-client.ts';
import { Link } from '../chaos/network/link.ts';
import { ServiceProcess } from '../chaos/services/service-process.ts';
import { BrokerLog } from '../chaos/trial/broker-log.ts';
import { NatsServer } from '../support/nats-server.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SocketClient } from '../support/socket-client.ts';

const LIMIT_BYTES = 262_144;
/** So many that the gateway sends to them in groups. */
const SOCKETS = 32;
/** 10 MB: no kernel buffers so much. */
const EVENTS = 2_000;
/** Small events go to groups; one in ten is too large for that. */
const EVENT_BYTES = 3_000;
const LARGE_BYTES = 20_000;
const AT_ONCE = 25;
/** Before the slow one falls asleep. */
const FIRST_EVENTS = 50;
const PATIENCE_MS = 60_000;
const INVESTIGATION = 'INV-1';

const owned = new DisposalStack();
let gateway: ServiceProcess;
let log: BrokerLog;
beforeAll(async () => {
  const nats = owned.use(await NatsServer.start());
  const settings = { MAX_BACKPRESSURE_BYTES: String(LIMIT_BYTES), STREAM_MAX_MEGABYTES: '256' };
  gateway = owned.use(await ServiceProcess.start('gateway', nats.url, settings));
  log = owned.use(await BrokerLog.open(nats.url));
});
afterAll(() => owned[Symbol.asyncDispose]());

describe('an investigation that many follow, one of whom does not read', { timeout: 2 * PATIENCE_MS }, () => {
  test('reaches each once and in order, and the slow one costs no more than it may', async () => {
    await using cleanUp = new DisposalStack();
    const others: SocketClient[] = [];
    for (let index = 0; index < SOCKETS; index += 1) {
      const url = `ws://127.0.0.1:${String(gateway.port)}/ws/investigations/${INVESTIGATION}`;
      others.push(cleanUp.use(await SocketClient.connect(url)));
    }
    const link = cleanUp.use(await Link.open('slow', () => gateway.port));
    const slow = follower(link.port);
    cleanUp.defer(() => slow.close());
    await slow.until(() => slow.isSettled, patience());
    await publish(0, FIRST_EVENTS);
    await slow.until(() => slow.journal.received.length === FIRST_EVENTS, patience());

    link.hold('down');
    await publish(FIRST_EVENTS, EVENTS);
    await Promise.all(others.map((other) => other.until((frame) => frame.data['mark'] === EVENTS - 1)));
    expect(await gateway.metric('rt_ws_lagging')).toBe(1);
    expect(await gateway.metric('websocket_errors_total', 'frame_dropped')).toBe(0);
    expect(await gateway.metric('rt_ws_buffered_bytes')).toBeLessThanOrEqual(LIMIT_BYTES);
    link.release();
    await slow.until(() => slow.journal.received.length >= EVENTS, patience());
    await slow.flushed(patience());

    const all = Array.from({ length: EVENTS }, (_, index) => index);
    expect(slow.journal.received.map(({ data }) => data['mark'])).toEqual(all);
    for (const other of others) expect(marksOf(other)).toEqual(all);
    expect([...slow.journal.violations, ...gateway.defects]).toEqual([]);
    expect(slow.connections).toBe(1);
  });
});

function marksOf({ frames }: SocketClient): readonly unknown[] {
  return frames.filter(({ type }) => type === 'investigation_progress').map(({ data }) => data['mark']);
}

/** Many at a time: they are stored in the order they are sent. */
async function publish(from: number, to: number): Promise<void> {
  const subject = subjects.investigationEvent(INVESTIGATION, 'progress');
  for (let first = from; first < to; first += AT_ONCE) {
    const marks = Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, index) => first + index);
    await Promise.all(
      marks.map((mark) => {
        const padding = 'x'.repeat(mark % 10 === 9 ? LARGE_BYTES : EVENT_BYTES);
        return log.store(subject, { mark, padding }, `e${String(mark)}`, patience());
      }),
    );
  }
}

function follower(port: number): ContractClient {
  return new ContractClient({
    name: 'slow',
    path: `/ws/investigations/${INVESTIGATION}`,
    channel: `investigation.${INVESTIGATION}`,
    ports: [port],
    first: 0,
    subscriptions: [],
    mayRead: [],
    random: new SeededRandom(1),
    // It is the gateway that has to notice.
    deafMs: 2 * PATIENCE_MS,
  });
}

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
