import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import type { Broker } from '../support/broker.ts';
import { startBroker } from '../support/start-broker.ts';
import type { Received } from './clients/journal.ts';
import { Crowd } from './services/crowd.ts';
import { ServiceProcess } from './services/service-process.ts';

const SOCKETS = 2_000;
/** So many of them wait for an answer meanwhile. */
const ANSWERS = 150;
const DRAIN_SECONDS = 5;
/** A standstill, not slowness, is what fails here. */
const PATIENCE_MS = 180_000;

const owned = new DisposalStack();
let nats: Broker;
let first: ServiceProcess;
let second: ServiceProcess;
let crowd: Crowd;

beforeAll(async () => {
  nats = owned.use(await startBroker());
  const settings = { DRAIN_SECONDS: String(DRAIN_SECONDS), LOCAL_AGENT_DELAY_MS: '60' };
  first = owned.use(await ServiceProcess.start('gateway', nats.url, settings));
  second = owned.use(await ServiceProcess.start('gateway', nats.url, settings));
  owned.use(await ServiceProcess.start('chat-worker', nats.url, { ...settings, WORKER_CONCURRENCY: '500' }));
  crowd = owned.use(new Crowd({ name: 'drain', count: SOCKETS, ports: [first.port, second.port] }));
  await crowd.until(({ isSettled }) => isSettled, PATIENCE_MS);
}, PATIENCE_MS);
afterAll(() => owned[Symbol.asyncDispose](), PATIENCE_MS);

describe(`a gateway with ${SOCKETS} sockets that is told to stop`, () => {
  test('sends them away evenly, and no answer loses a word', async () => {
    const asking = crowd.clients.slice(0, ANSWERS);
    for (const client of asking) client.ask('q', 'explique em detalhes');
    await Promise.all(
      asking.map((client) => client.until(() => client.journal.received.length > 3, patience())),
    );

    const stoppedAtMs = performance.now();
    first.process.signal('SIGTERM');
    await crowd.until(({ closedAtMs }) => closedAtMs.length > 0, PATIENCE_MS);
    expect(await first.process.exited).toEqual({ code: 0, signal: null });
    await crowd.until(({ isSettled }) => isSettled, PATIENCE_MS);
    await Promise.all(asking.map((client) => client.until(() => endOf(client.journal.received), patience())));

    const goneAfterMs = crowd.clients.map(({ closedAtMs }) => (closedAtMs[0] ?? 0) - stoppedAtMs);
    goneAfterMs.sort((one, other) => one - other);
    const [early = 0, late = 0] = [0.1, 0.9].map((share) => goneAfterMs[Math.floor(share * SOCKETS)]);
    const seconds = [early, late].map((ms) => (ms / 1_000).toFixed(1));
    process.stdout.write(`a tenth is gone after ${seconds.join(' s, nine tenths after ')} s\n`);
    // Four fifths of them in four fifths of the time, if a busy machine tells this process of it in time.
    expect(late - early).toBeGreaterThan(DRAIN_SECONDS * 300);
    for (const { journal } of asking) expectWhole(journal.received);
    expect(crowd.violations).toEqual([]);
    expect([...first.defects, ...second.defects]).toEqual([]);
  });
});

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}

function endOf(received: readonly Received[]): boolean {
  return received.at(-1)?.type === 'chat_complete';
}

/** One chat from its beginning to its end, each event once and in order. */
function expectWhole(received: readonly Received[]): void {
  const types = received.map(({ type }) => type);
  expect(types[0]).toBe('chat_accepted');
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
  const chunks = received.filter(({ type }) => type === 'chat');
  expect(chunks.map(({ data }) => data['chunk_index'])).toEqual(chunks.map((_, index) => index));
  const text = chunks.map(({ data }) => data['content']).join('');
  expect(received.at(-1)?.data).toMatchObject({ status: 'completed', content: text });
}
