import { beforeEach, describe, expect, test } from 'vitest';
import { ChatRecord } from '../../../chat-worker/chat-record.ts';
import { newTurn, type Turn } from '../../../chat-worker/inspection/turns.ts';
import { ChatTrace } from '../../../chat-worker/chat-trace.ts';
import { WorkerMetrics } from '../../../chat-worker/metrics.ts';
import { AppError } from '../../../shared/errors/app-error.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { MetricRegistry } from '../../../shared/telemetry/metrics.ts';
import { Scraped } from '../../support/prometheus.ts';
import { RecordedSpans } from '../../support/recorded-spans.ts';

const EARLIER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const earlierContext = { traceparent: `00-${EARLIER.traceId}-${EARLIER.spanId}-01` };
const zumbi = { id: 'zumbi', name: 'Zumbi dos Palmares' };

interface Told {
  readonly msg: string;
  readonly trace_id?: string;
}

describe('what is told of one chat', () => {
  let spans: RecordedSpans;
  let lines: Told[];
  let registry: MetricRegistry;
  let trace: ChatTrace;
  let turn: Turn;
  let record: ChatRecord;
  beforeEach(() => {
    spans = new RecordedSpans();
    lines = [];
    registry = new MetricRegistry('chat-worker');
    const destination = { write: (line: string) => lines.push(JSON.parse(line) as Told) };
    const logger = createLogger('chat-worker', 'trace', destination);
    const ids = { sessionId: 's', requestId: 'r' };
    trace = new ChatTrace(spans.tracing, { ...ids, deliveryCount: 1, context: undefined });
    turn = newTurn({ storedAtMs: Date.now(), deliveryCount: 1 }, ids);
    record = new ChatRecord(logger, new WorkerMetrics(registry), {
      ...ids,
      queuedAtMs: Date.now(),
      trace,
      turn,
    });
  });

  const value = async (name: string, labels?: Record<string, string>): Promise<number | undefined> =>
    new Scraped((await registry.scrape()).body).value(name, labels);
  const claim = { attempt: 1, waitedMs: 1_500, chunksBefore: 0 };

  test('the first claim: how long it waited, and nothing before it', async () => {
    record.claimed(claim);
    trace.end();
    expect(await value('rt_queue_wait_seconds_sum')).toBe(1.5);
    expect(await value('rt_worker_claims_total', { kind: 'first' })).toBe(1);
    expect(spans.named('process')).toMatchObject({ events: [], links: [] });
    expect(lines).toMatchObject([{ msg: 'chat claimed', trace_id: spans.named('process').traceId }]);
  });

  test('a takeover: a link to each earlier attempt, and how long nobody had the chat', async () => {
    record.found({ claims: 1, contexts: [earlierContext], lastStoredAtMs: Date.now() - 2_000 });
    record.claimed({ ...claim, attempt: 2, chunksBefore: 7 });
    record.restarted(2);
    trace.end();
    expect(spans.named('process')).toMatchObject({ events: ['takeover', 'restart'], links: [EARLIER] });
    expect(await value('rt_worker_claims_total', { kind: 'takeover' })).toBe(1);
    expect(await value('rt_worker_takeover_pause_seconds_sum')).toBeGreaterThanOrEqual(2);
    expect(await value('rt_queue_wait_seconds_count')).toBeUndefined();
    expect(await value('rt_worker_restarts_total')).toBe(1);
  });

  test('a chat that was given back is no takeover', async () => {
    record.found({ claims: 1, contexts: [earlierContext], lastStoredAtMs: Date.now() });
    record.claimed(claim);
    record.handedOver('draining');
    trace.end();
    expect(spans.named('process')).toMatchObject({ events: ['continued', 'handover'], links: [EARLIER] });
    expect(await value('rt_worker_claims_total', { kind: 'continued' })).toBe(1);
    expect(await value('rt_worker_handed_over_total', { reason: 'draining' })).toBe(1);
  });

  test('requests to a model are parts of the agent’s work, with what they cost', async () => {
    record.answering(zumbi);
    const failed = record.modelAsked('sabia-4');
    failed.failed(new AppError('MODEL_UNAVAILABLE', 'away', { retryable: true }));
    record.retried({ reason: 'unavailable', waitMs: 10 });
    const call = record.modelAsked('sabia-4');
    call.firstPiece();
    call.firstPiece();
    record.tokensUsed({ prompt: 100, completion: 20 });
    call.ended({ finishReason: 'stop', tokens: { prompt: 100, completion: 20 } });
    record.firstChunk();
    record.writing('chat_complete')?.end();
    trace.end();
    const agent = spans.named('invoke_agent zumbi');
    const [first, second] = spans.ended.filter(({ name }) => name === 'chat sabia-4');
    expect(first).toMatchObject({ isError: true, attributes: { 'error.type': 'MODEL_UNAVAILABLE' } });
    expect(second).toMatchObject({
      parentSpanId: agent.spanId,
      events: ['first_chunk'],
      isError: false,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'sabia-4',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 20,
        'gen_ai.response.finish_reasons': ['stop'],
      },
    });
    expect(agent.events).toEqual(['first_chunk']);
    expect(await value('gen_ai_client_operation_duration_seconds_count', { outcome: 'completed' })).toBe(1);
    expect(await value('gen_ai_client_operation_duration_seconds_count', { outcome: 'failed' })).toBe(1);
    expect(await value('gen_ai_client_operation_time_to_first_chunk_seconds_count')).toBe(1);
    expect(await value('gen_ai_client_token_usage_sum', { gen_ai_token_type: 'input' })).toBe(100);
    expect(await value('rt_model_retries_total')).toBe(1);
  });

  test('a failed chat: which reason, and never what anybody wrote', async () => {
    record.answering(zumbi);
    record.writing('error')?.end();
    const cause = new Error('the question was: quem roubou?');
    record.failed({ reason: 'agent_failed', agentId: 'zumbi', chunks: 3, cause });
    trace.end();
    expect(await value('rt_worker_failures_total', { reason: 'agent_failed' })).toBe(1);
    expect(spans.named('invoke_agent').isError).toBe(true);
    expect(spans.named('process').attributes).toMatchObject({
      'error.type': 'agent_failed',
      'rt.chat.chunks': 3,
    });
    expect(JSON.stringify([lines, spans.ended])).not.toContain('roubou');
  });

  test('of chunks only a number, and of one in sixteen the pause before it', async () => {
    for (let count = 0; count < 40; count += 1) {
      expect(record.writing('chat')).toBeUndefined();
      record.stored('chat');
    }
    record.stored('claim');
    trace.end();
    expect(await value('rt_worker_chunks_total')).toBe(40);
    expect(await value('rt_worker_chunk_interval_seconds_count')).toBe(3);
    expect(spans.ended).toHaveLength(1);
    expect(lines).toEqual([]);
  });
});
