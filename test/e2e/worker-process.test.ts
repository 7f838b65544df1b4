import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBuiltInAgent } from '../../chat-worker/agents/built-in-agent.ts';
import { startBroker } from '../support/start-broker.ts';
import { WorkerProcess } from '../support/worker-process.ts';
import { chunkText, endOf, typesOf, WorkerRig, type LogEntry } from '../support/worker-rig.ts';

/** Slow enough to be met in the middle of an answer. */
const SLOW = { LOCAL_AGENT_DELAY_MS: '40', LOG_LEVEL: 'debug' };
const QUESTION = 'Ajuda: como funciona?';

function hasChunks(count: number): (log: readonly LogEntry[]) => boolean {
  return (log) => log.filter(({ type }) => type === 'chat').length >= count;
}

/** The answer as it is when nothing happens to it. */
async function undisturbed(rig: WorkerRig): Promise<string> {
  await rig.startWorker(createBuiltInAgent({ pieceDelayMs: 0 }));
  const whole = chunkText(await rig.ended(await rig.ask({ message: QUESTION })));
  await rig.stopWorkers();
  return whole;
}

async function statusOf(url: unknown, path: string): Promise<number> {
  return (await fetch(`${String(url)}${path}`)).status;
}

test('a worker that was asleep while another finished its chat wakes up fenced', async () => {
  await using rig = await WorkerRig.start();
  const whole = await undisturbed(rig);
  await using sleeper = new WorkerProcess(rig.environment(SLOW));
  const chat = await rig.ask({ message: QUESTION });
  await rig.logWhen(chat, hasChunks(2));
  sleeper.signal('SIGSTOP');
  await rig.startWorker(createBuiltInAgent({ pieceDelayMs: 0 }));
  const log = await rig.ended(chat);
  sleeper.signal('SIGCONT');
  expect(await sleeper.logged('fenced')).toMatchObject({ request_id: chat.requestId });
  expect(await rig.log(chat)).toHaveLength(log.length);
  expect(typesOf(log).filter((type) => type === 'claim')).toHaveLength(2);
  expect(chunkText(log)).toBe(whole);
  expect(endOf(log).data).toMatchObject({ status: 'completed', content: whole });
  await rig.queueEmpty();
});

test('a worker that is killed leaves a chat that another finishes', async () => {
  await using rig = await WorkerRig.start();
  const whole = await undisturbed(rig);
  const killed = new WorkerProcess(rig.environment(SLOW));
  const chat = await rig.ask({ message: QUESTION });
  await rig.logWhen(chat, hasChunks(2));
  await killed[Symbol.asyncDispose]();
  await rig.startWorker(createBuiltInAgent({ pieceDelayMs: 0 }));
  expect(chunkText(await rig.ended(chat))).toBe(whole);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s hands over what runs, and the process exits 0',
  async (signal) => {
    await using rig = await WorkerRig.start();
    const endless = { ACK_WAIT_MS: '600000' };
    await using drained = new WorkerProcess(rig.environment({ ...SLOW, ...endless }));
    const chat = await rig.ask({ message: QUESTION });
    await rig.logWhen(chat, hasChunks(2));
    await rig.startWorker(createBuiltInAgent({ pieceDelayMs: 0 }), endless);
    drained.signal(signal);
    const log = await rig.ended(chat);
    expect(typesOf(log)).toContain('handover');
    expect(endOf(log).data).toMatchObject({ status: 'completed', content: chunkText(log) });
    expect(await drained.exited()).toBe(0);
  },
);

test('a worker that can not hand over in time exits all the same', async () => {
  await using rig = await WorkerRig.start();
  await using stuck = new WorkerProcess(rig.environment({ ...SLOW, DRAIN_SECONDS: '1' }));
  await rig.logWhen(await rig.ask({ message: QUESTION }), hasChunks(1));
  rig.nats.pause();
  const startedAtMs = performance.now();
  stuck.signal('SIGTERM');
  expect(await stuck.exited()).toBe(0);
  expect(performance.now() - startedAtMs).toBeLessThan(4_000);
  rig.nats.resume();
});

test('a worker is ready only while its broker answers', async () => {
  await using nats = await startBroker();
  const environment = { NATS_URL: nats.url, WORKER_ADMIN_PORT: '0', STREAM_MAX_MEGABYTES: '64' };
  await using worker = new WorkerProcess(environment);
  const { admin_url: url } = await worker.logged('taking chats');
  expect(await statusOf(url, '/readyz')).toBe(200);
  nats.pause();
  while ((await statusOf(url, '/readyz')) === 200) await delay(50);
  expect(await statusOf(url, '/healthz')).toBe(200);
  nats.resume();
  while ((await statusOf(url, '/readyz')) === 503) await delay(50);
});

test('a worker waits for its broker, and can be stopped while it waits', async () => {
  await using nats = await startBroker();
  await nats.stop();
  const environment = { NATS_URL: nats.url, WORKER_ADMIN_PORT: '0', STREAM_MAX_MEGABYTES: '64' };
  await using patient = new WorkerProcess(environment);
  await using impatient = new WorkerProcess(environment);
  await Promise.all([patient, impatient].map((worker) => worker.logged('waiting for the broker')));
  impatient.signal('SIGTERM');
  expect(await impatient.exited()).toBe(0);
  await nats.restart();
  await patient.logged('taking chats');
});

test('a worker that can not start says why in one line that names the setting', async () => {
  await using nats = await startBroker();
  const environment = { NATS_URL: nats.url, STREAM_MAX_MEGABYTES: '64' };
  await using holder = new WorkerProcess({ ...environment, WORKER_ADMIN_PORT: '0' });
  const { admin_url: url } = await holder.logged('taking chats');
  const { port } = new URL(String(url));
  await using second = new WorkerProcess({ ...environment, WORKER_ADMIN_PORT: port });
  expect(await second.exited()).toBe(1);
  expect(second.errors).toBe(`WORKER_ADMIN_PORT: 127.0.0.1:${port} is in use\n`);
  await using wrong = new WorkerProcess({ ...environment, WORKER_CONCURRENCY: 'many' });
  expect(await wrong.exited()).toBe(1);
  expect(wrong.errors).toMatch(/^WORKER_CONCURRENCY: [^\n]+\n$/);
});
