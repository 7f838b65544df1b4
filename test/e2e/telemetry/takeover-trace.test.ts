import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import type { ServiceProcess } from '../../support/service-process.ts';
import { ServicePair } from '../../support/service-pair.ts';

const claimed = (worker: ServiceProcess): boolean => worker.lines.some(({ msg }) => msg === 'chat claimed');

test('a chat that a second worker finishes is linked to the first attempt', { timeout: 60_000 }, async () => {
  await using receiver = await OtlpReceiver.start();
  const environment = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    LOCAL_AGENT_DELAY_MS: '40',
  };
  await using services = await ServicePair.start(environment, 2);
  await using socket = await services.openChat(freshId('takeover'));
  socket.send({ type: 'chat', id: 'question', data: { message: 'Olá! O que você sabe fazer?' } });
  await socket.next('chat');
  const first = await eventually(
    () => services.workers.find(claimed),
    (worker) => worker !== undefined,
  );
  const second = services.workers.find((worker) => worker !== first);
  first?.signal('SIGSTOP');
  await socket.next('chat_complete');
  first?.signal('SIGCONT');
  await first?.logged('fenced: another worker runs the chat');
  await socket.close();
  expect(await services.stop()).toEqual([0, 0, 0]);
  receiver.throwFailure();

  expect(second !== undefined && claimed(second)).toBe(true);
  const { spans } = receiver;
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(spans.length).toBeLessThanOrEqual(15);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId)).map(({ name }) => name)).toEqual([
    'websocket chat',
  ]);
  const attempts = spans.filter(({ name }) => name.startsWith('process'));
  const lost = attempts.find(({ events }) => events.some(({ name }) => name === 'fence'));
  const takeover = attempts.find(({ events }) => events.some(({ name }) => name === 'takeover'));
  expect(attempts).toHaveLength(2);
  expect(lost).toMatchObject({ attributes: { 'rt.chat.attempt': 1, 'error.type': 'FENCED' }, links: [] });
  expect(takeover?.links).toEqual([{ traceId: lost?.traceId, spanId: lost?.spanId }]);
  expect(takeover?.attributes).toMatchObject({ 'rt.chat.attempt': 2, 'rt.chat.outcome': 'completed' });
});
