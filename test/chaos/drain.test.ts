import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { NatsServer } from '../support/nats-server.ts';
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
let nats: NatsServer;
let first: ServiceProcess;
let second: ServiceProcess;
let crowd: Crowd;

beforeAll(async () => {
  nats = owned.use(await NatsServer.start());
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
    await Promise.all(asking.map((client) => client.until(() => client.journal.received.length > 3, patience())));

    const stoppedAtMs = performance.now();
    first.process.signal('SIGTERM');
    await crowd.until(({ closedAtMs }) => closedAtMs.length > 0, PATIENCE_MS);
    expect(await first.process.exited).toEqual({ code: 0, signal: null });
    await crowd.until(({ isSettled }) => isSettled, PATIENCE_MS);
    await Promise.all(asking.map((client) => client.until(() => endOf(client.journal.received), patience())));

    const quarters = [0, 0, 0, 0];
    for (const { closedAtMs } of crowd.clients) {
      const share = ((closedAtMs[0] ?? 0) - stoppedAtMs) / (DRAIN_SECONDS * 1_000);
      const quarter = Math.min(3, Math.floor(share * 4));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    process.stdout.write(`sent away in each quarter of ${DRAIN_SECONDS} s: ${quarters.join(', ')}\n`);
    for (const count of quarters) expect(count).toBeGreaterThan(SOCKETS / 10);
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
