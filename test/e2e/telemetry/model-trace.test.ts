import { expect, test } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import { ModelServer } from '../../support/model-server.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { ServicePair } from '../../support/service-pair.ts';

const MAX_SPANS = 15;
const CLIENT_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';

test(
  'requests to a model are in the trace of the chat, also of one asked over HTTP',
  { timeout: 60_000 },
  async () => {
    await using receiver = await OtlpReceiver.start();
    await using server = await ModelServer.start(7);
    await using services = await ServicePair.start({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_MODEL: 'modelo',
    });
    const question = `E a INV-7? ${freshId('q')}`;
    server.plan(
      question,
      { toolCalls: [{ name: 'status', arguments: { investigation_id: 'INV-7' } }] },
      { text: 'Nada consta. '.repeat(30), usage: { prompt: 7, completion: 2 } },
    );
    const sessionId = freshId('modelled');
    await using socket = await services.openChat(sessionId);
    const asked = await services.ask(sessionId, question, `00-${CLIENT_TRACE}-${CLIENT_SPAN}-01`);
    expect(asked.status).toBe(202);
    await socket.next('chat_complete');
    await socket.close();
    expect(await services.stop()).toEqual([0, 0]);
    receiver.throwFailure();

    const { spans } = receiver;
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.length).toBeLessThanOrEqual(MAX_SPANS);
    const root = spans.find(({ name }) => name === 'websocket chat');
    expect(root?.links).toEqual([{ traceId: CLIENT_TRACE, spanId: CLIENT_SPAN }]);
    expect(root?.traceId).not.toBe(CLIENT_TRACE);
    const agent = spans.find(({ name }) => name.startsWith('invoke_agent'));
    const calls = spans.filter(({ name }) => name === 'chat modelo');
    expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual([agent?.spanId, agent?.spanId]);
    expect(calls.at(-1)?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'modelo',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 2,
    });
    expect(
      JSON.stringify(spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('Nada consta');
  },
);

test('the console is an exporter, and a service may have another name', { timeout: 60_000 }, async () => {
  await using services = await ServicePair.start({
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_SERVICE_NAME: 'atendimento',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
  await using socket = await services.openChat(freshId('console'));
  socket.send({ type: 'chat', id: 'q', data: { message: 'Olá!' } });
  await socket.next('chat_complete');
  await socket.close();
  expect(await services.stop()).toEqual([0, 0]);
  expect(services.gateway.otherOutput).toContain("name: 'websocket chat'");
  for (const { otherOutput } of [services.gateway, ...services.workers]) {
    expect(otherOutput).toContain("'service.name': 'atendimento'");
  }
});
