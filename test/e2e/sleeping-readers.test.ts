import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { ContractClient } from '../chaos/clients/contract-client.ts';
import { Link } from '../chaos/network/link.ts';
import { ServiceProcess } from '../chaos/services/service-process.ts';
import { BrokerLog } from '../chaos/trial/broker-log.ts';
import { eventually } from '../support/eventually.ts';
import { startBroker } from '../support/start-broker.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const LIMIT_BYTES = 1_048_576;
const EVENT_BYTES = 200_000;
/** 20 MB of events: no kernel buffers so much. */
const EVENTS = 100;
/** Contract section 4: who reads nothing for a minute is sent away, and nobody before. */
const NAP_MS = 50_000;
const SENT_AWAY_MS = 60_000;
/** Sockets are looked at every few seconds. */
const PATIENCE_MS = 90_000;

const owned = new DisposalStack();
let gateway: ServiceProcess;
let log: BrokerLog;
beforeAll(async () => {
  const nats = owned.use(await startBroker());
  const settings = { MAX_BACKPRESSURE_BYTES: String(LIMIT_BYTES), STREAM_MAX_MEGABYTES: '256' };
  gateway = owned.use(await ServiceProcess.start('gateway', nats.url, settings));
  log = owned.use(await BrokerLog.open(nats.url));
});
afterAll(() => owned[Symbol.asyncDispose]());

describe.concurrent('a client that stops reading while 20 MB go by', { timeout: 2 * PATIENCE_MS }, () => {
  test('for 50 seconds is waited for, and then gets everything once and in order', async () => {
    await using sleeper = await Sleeper.connect('nap');
    const sleptSinceMs = sleeper.sleep();
    await publishTo('nap');
    await delay(sleptSinceMs + NAP_MS - performance.now());
    expect(await gateway.metric('rt_ws_buffered_bytes')).toBeLessThanOrEqual(2 * (LIMIT_BYTES + EVENT_BYTES));
    await sleeper.wake();
    expect(sleeper.client.connections).toBe(1);
    sleeper.expectEverythingOnce();
  });

  test('for over a minute is sent away, comes back, and gets everything once and in order', async () => {
    await using sleeper = await Sleeper.connect('night');
    const sleptSinceMs = sleeper.sleep();
    await publishTo('night');
    await delay(sleptSinceMs + NAP_MS - performance.now());
    expect(await gateway.metric('rt_ws_closes_total', '1013')).toBe(0);
    await eventually(
      () => gateway.metric('rt_ws_closes_total', '1013'),
      (closes) => closes === 1,
      PATIENCE_MS,
    );
    expect(performance.now() - sleptSinceMs).toBeGreaterThan(SENT_AWAY_MS);
    await sleeper.wake();
    expect(sleeper.client.connections).toBeGreaterThan(1);
    sleeper.expectEverythingOnce();
  });
});

/** A client that keeps the contract, behind a network that stops delivering when it sleeps. */
class Sleeper implements AsyncDisposable {
  readonly client: ContractClient;
  readonly #link: Link;

  private constructor(sessionId: string, link: Link) {
    this.#link = link;
    this.client = new ContractClient({
      name: sessionId,
      path: `/ws/chat/${sessionId}`,
      channel: 'session',
      ports: [link.port],
      first: 0,
      subscriptions: [],
      mayRead: [],
      random: new SeededRandom(1),
      // It is the gateway that has to notice.
      deafMs: 2 * PATIENCE_MS,
    });
  }

  static async connect(sessionId: string): Promise<Sleeper> {
    const sleeper = new Sleeper(sessionId, await Link.open(sessionId, () => gateway.port));
    await sleeper.client.until(() => sleeper.client.isSettled, patience());
    return sleeper;
  }

  /** @returns when it fell asleep */
  sleep(): number {
    this.#link.hold('down');
    return performance.now();
  }

  /** Resolves when it has read everything. */
  async wake(): Promise<void> {
    this.#link.release();
    await this.client.until(() => this.client.journal.received.length >= EVENTS, patience());
    await this.client.flushed(patience());
  }

  expectEverythingOnce(): void {
    const { received, violations } = this.client.journal;
    expect(received.map(({ data }) => data['mark'])).toEqual(Array.from({ length: EVENTS }, markOf));
    expect([...violations, ...gateway.defects]).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.release();
    await this.client.close();
    await this.#link[Symbol.asyncDispose]();
  }
}

async function publishTo(sessionId: string): Promise<void> {
  const padding = 'x'.repeat(EVENT_BYTES);
  for (let index = 0; index < EVENTS; index += 1) {
    const body = { mark: markOf(undefined, index), padding };
    await log.store(subjects.notification(sessionId), body, `${sessionId}-${index}`, patience());
  }
}

function markOf(_: unknown, index: number): string {
  return `m${index}`;
}

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
