import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMON_METRICS, GATEWAY_METRICS, WORKER_METRICS } from '../../../shared/telemetry/metric-catalog.ts';
import { prometheusName, type MetricDefinition } from '../../../shared/telemetry/metric-definition.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { Scraped } from '../../support/prometheus.ts';
import { cursorOf } from '../../support/server-frame.ts';
import { SseClient } from '../../support/sse-client.ts';
import { System } from '../../support/system.ts';

const HISTOGRAM_PARTS = /_(bucket|sum|count)$/;

describe('/metrics', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ environment: { LOCAL_AGENT_DELAY_MS: '2' } });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const ofGateway = (): Promise<Scraped> => Scraped.of(system.gateways[0]?.adminUrl ?? '');
  const ofWorker = (): Promise<Scraped> => Scraped.of(system.workers[0]?.adminUrl ?? '');

  /** The metrics of a page are those of the catalog, with its types and no other labels or values. */
  const expectCatalog = (page: Scraped, catalog: readonly MetricDefinition[]): void => {
    const byName = new Map(catalog.map((definition) => [prometheusName(definition), definition]));
    for (const [name, type] of page.types) {
      if (name !== 'target_info') expect([name, type]).toEqual([name, byName.get(name)?.type]);
    }
    for (const { name, labels } of page.samples) {
      if (name === 'target_info') continue;
      const { label } = byName.get(name) ?? byName.get(name.replace(HISTOGRAM_PARTS, '')) ?? {};
      const names = Object.keys(labels).filter((key) => key !== 'le');
      expect([name, names]).toEqual([name, label === undefined ? [] : [label.name.replaceAll('.', '_')]]);
      if (label !== undefined) expect(label.values).toContain(labels[names[0] ?? '']);
    }
    const silent = catalog.filter((definition) => definition.type !== 'histogram').map(prometheusName);
    expect(silent.filter((name) => !page.types.has(name))).toEqual([]);
  };

  test('counts what the contract names, as it happens', async () => {
    const before = await ofGateway();
    const sent = (page: Scraped, type: string): number =>
      page.value('websocket_messages_sent_total', { type }) ?? Number.NaN;
    const socket = await system.openChat(freshId('counted'));
    socket.send({ type: 'chat', data: { message: 'Olá! O que você sabe fazer?' } });
    const frames = await socket.until(({ type }) => type === 'chat_complete');
    socket.send('{');
    await socket.next('error');
    const during = await ofGateway();
    expect(during.value('websocket_connections_active', { type: 'chat' })).toBe(1);
    expect(during.value('websocket_connections_active', { type: 'investigation' })).toBe(0);
    expect(during.value('websocket_connections_total', { type: 'chat' })).toBe(1);
    expect(during.value('websocket_errors_total', { reason: 'INVALID_MESSAGE' })).toBe(1);
    const chunks = frames.filter(({ type }) => type === 'chat').length;
    expect(sent(during, 'chat') - sent(before, 'chat')).toBe(chunks);
    for (const type of ['connection', 'chat_accepted', 'typing', 'chat_complete', 'error']) {
      expect([type, sent(during, type) - sent(before, type)]).toEqual([type, 1]);
    }
    expect(during.value('rt_chat_time_to_first_chunk_seconds_count')).toBe(1);
    expect(during.value('rt_chat_duration_seconds_count', { outcome: 'complete' })).toBe(1);
    // chat_accepted and chat_complete, and one of each sixteen chunks.
    const timed = during.value('websocket_message_latency_seconds_count') ?? 0;
    expect(timed).toBe(2 + Math.ceil(chunks / 16));
    expect(during.value('websocket_message_latency_seconds_sum')).toBeLessThan(timed * 5);
    await socket.close();
    await eventually(ofGateway, (page) => page.value('websocket_connections_active', { type: 'chat' }) === 0);

    const worker = await ofWorker();
    expect(worker.value('rt_worker_chunks_total')).toBe(chunks);
    expect(worker.value('rt_worker_claims_total', { kind: 'first' })).toBe(1);
    expect(worker.value('rt_worker_chats_ended_total', { outcome: 'completed' })).toBe(1);
    expect(worker.value('rt_queue_wait_seconds_count')).toBe(1);
  });

  test('tells event streams over HTTP from sockets, in the same metrics', async () => {
    const streams = await Promise.all(
      ['chat', 'investigations'].map((path) => SseClient.open(system.url(`/sse/${path}/${freshId('sse')}`))),
    );
    for (const stream of streams) await stream.next('connection');
    const page = await ofGateway();
    const open = (type: string): number | undefined => page.value('websocket_connections_active', { type });
    expect(['chat', 'investigation', 'sse_chat', 'sse_investigation'].map(open)).toEqual([0, 0, 1, 1]);
    expect(page.value('websocket_connections_total', { type: 'sse_chat' })).toBe(1);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
    await eventually(ofGateway, (later) =>
      ['sse_chat', 'sse_investigation'].every(
        (type) => later.value('websocket_connections_active', { type }) === 0,
      ),
    );
  });

  test('counts resumes, what they replay, and what they read', async () => {
    const sessionId = freshId('resumed');
    const socket = await system.openChat(sessionId);
    const [welcome] = socket.frames;
    if (welcome === undefined) throw new Error('no welcome');
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    const accepted = await socket.next('chat_accepted');
    await socket.next('chat_complete');
    await socket.close();
    const before = await ofGateway();
    await using back = await system.openChat(sessionId, { since: cursorOf(accepted) });
    const replayed = await back.until(({ type }) => type === 'chat_complete');
    const after = await ofGateway();
    const grown = (name: string, labels?: Record<string, string>): number =>
      (after.value(name, labels) ?? Number.NaN) - (before.value(name, labels) ?? Number.NaN);
    expect(grown('rt_stream_resumes_total', { result: 'recovered' })).toBe(1);
    expect(grown('rt_stream_resumes_total', { result: 'expired' })).toBe(0);
    expect(grown('rt_stream_replayed_total')).toBe(replayed.length);
    // All of it was at hand. From before this session was open here it is not.
    expect(grown('rt_stream_reads_total', { stream: 'SESSIONS' })).toBe(0);
    await using far = await system.openChat(sessionId, { since: cursorOf(welcome) });
    await far.until(({ type }) => type === 'chat_complete');
    const read = (await ofGateway()).value('rt_stream_reads_total', { stream: 'SESSIONS' }) ?? Number.NaN;
    expect(read).toBeGreaterThan(before.value('rt_stream_reads_total', { stream: 'SESSIONS' }) ?? Number.NaN);
  });

  test('knows the queue, the broker and the process', async () => {
    const worker = await eventually(ofWorker, (page) => page.value('rt_queue_waiting') !== undefined);
    expect(worker.value('rt_queue_waiting')).toBe(0);
    expect(worker.value('rt_queue_oldest_wait_seconds')).toBe(0);
    for (const page of [worker, await ofGateway()]) {
      expect(page.value('rt_ready')).toBe(1);
      expect(page.value('rt_nats_connected')).toBe(1);
      expect(page.value('process_memory_usage_bytes')).toBeGreaterThan(1e7);
      expect(page.value('process_cpu_time_seconds_total', { cpu_mode: 'user' })).toBeGreaterThan(0);
      expect(page.value('nodejs_eventloop_delay_max_seconds')).toBeGreaterThanOrEqual(0);
      expect(page.value('nodejs_eventloop_utilization_ratio')).toBeLessThanOrEqual(1);
    }
    await eventually(ofGateway, (page) => (page.value('rt_nats_round_trip_seconds_count') ?? 0) > 0);
  });

  test('is what the catalog says, and nothing else', async () => {
    const common = Object.values(COMMON_METRICS);
    expectCatalog(await ofGateway(), [...Object.values(GATEWAY_METRICS), ...common]);
    expectCatalog(await ofWorker(), [...Object.values(WORKER_METRICS), ...common]);
  });
});
