import { describe, expect, test } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import type { ReceivedSpan } from '../../support/otlp-messages.ts';
import { OtlpReceiver, type OtlpProtocol } from '../../support/otlp-receiver.ts';
import { ServicePair } from '../../support/service-pair.ts';

const MAX_SPANS = 15;
const CLIENT_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';

const environmentFor = (receiver: OtlpReceiver, protocol: OtlpProtocol): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  // So that pieces are not written together.
  LOCAL_AGENT_DELAY_MS: '5',
});

const named = (spans: readonly ReceivedSpan[], beginning: string): ReceivedSpan => {
  const span = spans.find(({ name }) => name.startsWith(beginning));
  if (span === undefined)
    throw new Error(`no span "${beginning}" among ${spans.map(({ name }) => name).join()}`);
  return span;
};

const PROTOCOLS: readonly (readonly [OtlpProtocol, string])[] = [
  ['http/json', 'application/json'],
  ['http/protobuf', 'application/x-protobuf'],
  ['grpc', 'application/grpc'],
];

describe.each(PROTOCOLS)('a chat over two processes, sent as %s', (protocol, contentType) => {
  test('is one trace, with logs and metrics beside it', { timeout: 60_000 }, async () => {
    await using receiver = await OtlpReceiver.start(protocol);
    await using services = await ServicePair.start(environmentFor(receiver, protocol));
    const sessionId = freshId('traced');
    await using socket = await services.openChat(sessionId);
    socket.send({
      type: 'chat',
      id: 'question',
      data: { message: 'Olá! O que você sabe fazer?', traceparent: `00-${CLIENT_TRACE}-${CLIENT_SPAN}-01` },
    });
    const frames = await socket.until(({ type }) => type === 'chat_complete');
    const chunks = frames.filter(({ type }) => type === 'chat').length;
    await socket.close();
    expect(await services.stop()).toEqual([0, 0]);
    receiver.throwFailure();

    const root = named(receiver.spans, 'websocket chat');
    const spans = receiver.spans.filter(({ traceId }) => traceId === root.traceId);
    expect(spans.length).toBeLessThanOrEqual(MAX_SPANS);
    expect(chunks).toBeGreaterThan(MAX_SPANS);
    // Nothing of the chat is in any other trace.
    expect(receiver.spans.filter(({ traceId }) => traceId !== root.traceId)).toEqual([]);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['gateway', 'chat-worker']));

    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    const orphans = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
    expect(orphans).toEqual([root]);
    expect(root.links).toEqual([{ traceId: CLIENT_TRACE, spanId: CLIENT_SPAN }]);

    // A worker that is faster than the gateway reads the log twice.
    const names = new Set(spans.map(({ service, name }) => `${service}: ${name}`));
    expect([...names].sort()).toEqual([
      'chat-worker: claim session.{session}.chat.{request}',
      'chat-worker: invoke_agent drummond',
      'chat-worker: process chat.request.{session}.{request}',
      'chat-worker: publish session.{session}.chat.{request}',
      'chat-worker: receive session.{session}.chat.{request}',
      'chat-worker: settle chat.request.{session}.{request}',
      'gateway: deliver session.{session}.chat.{request}',
      'gateway: publish session.{session}.chat.{request}',
      'gateway: send chat.request.{session}.{request}',
      'gateway: websocket chat',
    ]);
    const process = named(spans, 'process');
    expect(process.parentSpanId).toBe(named(spans, 'send').spanId);
    // Whichever of the two wrote `chat_accepted`.
    expect([root.spanId, process.spanId]).toContain(named(spans, 'deliver').parentSpanId);
    for (const name of ['deliver', 'invoke_agent']) {
      expect(named(spans, name).events.map((event) => event.name)).toEqual(['first_chunk']);
    }
    for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
      expect(endTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);
    }
    expect(root.attributes).toMatchObject({
      'session.id': sessionId,
      'messaging.message.conversation_id': 'question',
    });
    expect(process.attributes).toMatchObject({
      'messaging.system': 'nats',
      'messaging.operation.type': 'process',
      'messaging.destination.template': 'chat.request.{session}.{request}',
      'rt.chat.outcome': 'completed',
      'rt.chat.chunks': chunks,
    });
    expect(named(spans, 'invoke_agent').attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': 'drummond',
    });

    expect(receiver.contentTypes).toEqual(new Set([contentType]));
    const metrics = new Set(receiver.metrics.map(({ service, name }) => `${service} ${name}`));
    expect([...metrics]).toEqual(
      expect.arrayContaining(['gateway websocket.connections.active', 'chat-worker rt.queue.waiting']),
    );
    const logs = receiver.logs.filter(({ traceId }) => traceId === root.traceId);
    expect(logs.map(({ service, body }) => `${service}: ${body}`)).toEqual(
      expect.arrayContaining(['gateway: chat accepted', 'chat-worker: chat complete']),
    );
    const accepted = logs.find(({ body }) => body === 'chat accepted');
    expect(accepted).toMatchObject({
      spanId: root.spanId,
      severityText: 'info',
      attributes: { session_id: sessionId, request_id: 'question' },
    });
    const line = await services.gateway.logged('chat accepted');
    expect(line).toMatchObject({ trace_id: root.traceId, span_id: root.spanId, request_id: 'question' });
    expect(line).toHaveProperty('connection_id');
  });
});
