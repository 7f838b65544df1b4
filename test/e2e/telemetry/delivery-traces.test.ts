import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { ReceivedSpan } from '../../support/otlp-messages.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { cursorOf } from '../../support/server-frame.ts';
import { ServicePair } from '../../support/service-pair.ts';

const PUBLISHER_TRACE = '0af7651916cd43dd8448eb211c80319c';
const PUBLISHER_SPAN = 'b7ad6b7169203331';
const published = { traceparent: `00-${PUBLISHER_TRACE}-${PUBLISHER_SPAN}-01`, tracestate: 'vendor=1' };

describe('what reaches sockets', () => {
  let receiver: OtlpReceiver;
  let services: ServicePair;
  const owned = new DisposalStack();
  beforeAll(async () => {
    receiver = owned.use(await OtlpReceiver.start('http/json'));
    const environment = {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      LOCAL_AGENT_DELAY_MS: '20',
      MAX_BACKPRESSURE_BYTES: String(64 * 1_024),
    };
    services = owned.use(await ServicePair.start(environment));
  });
  afterAll(() => owned[Symbol.asyncDispose]());

  const spanWhen = async (fits: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> => {
    const spans = await receiver.spansWhen((all) => all.some(fits));
    const span = spans.find(fits);
    if (span === undefined) throw new Error('it was just there');
    return span;
  };

  test('a notification is delivered in the trace of its publisher, once for all sockets', async () => {
    const sessionId = freshId('notified');
    await using one = await services.openChat(sessionId);
    await using other = await services.openChat(sessionId);
    await services.publisher.store(`session.${sessionId}.notification`, { text: 'pronto' }, published);
    await one.next('notification');
    await other.next('notification');
    const span = await spanWhen(({ name }) => name === 'deliver session.{session}.notification');
    expect(span).toMatchObject({
      service: 'gateway',
      traceId: PUBLISHER_TRACE,
      parentSpanId: PUBLISHER_SPAN,
      attributes: { 'rt.sockets': 2, 'messaging.system': 'nats' },
    });
    expect(receiver.spans.filter(({ name }) => name === span.name)).toHaveLength(1);
  });

  test('an event of an investigation too', async () => {
    const investigationId = freshId('INV');
    await using socket = await services.openChat(freshId('subscribed'));
    socket.send({ type: 'subscribe', data: { investigation_id: investigationId } });
    await socket.next('subscribed');
    await services.publisher.store(
      `investigation.${investigationId}.anomaly`,
      { severity: 'high' },
      published,
    );
    await socket.next('anomaly_detected');
    const span = await spanWhen(({ name }) => name === 'deliver investigation.{investigation}.{kind}');
    expect(span).toMatchObject({ traceId: PUBLISHER_TRACE, parentSpanId: PUBLISHER_SPAN });
  });

  test('what comes without a trace, or with a broken one, has no span', async () => {
    const sessionId = freshId('untraced');
    await using socket = await services.openChat(sessionId);
    const before = receiver.spans.length;
    const broken = { traceparent: `00-${'0'.repeat(32)}-${PUBLISHER_SPAN}-01` };
    await services.publisher.store(`session.${sessionId}.notification`, { text: 'a' });
    await services.publisher.store(`session.${sessionId}.notification`, { text: 'b' }, broken);
    await services.publisher.store(`session.${sessionId}.notification`, { text: 'c' }, published);
    for (const text of ['a', 'b', 'c']) {
      expect((await socket.next('notification')).data).toEqual({ text });
    }
    const spans = await receiver.spansWhen((all) => all.length > before);
    expect(spans.slice(before).map(({ traceId }) => traceId)).toEqual([PUBLISHER_TRACE]);
  });

  test('a reader that falls behind in the middle of a chat shows in its delivery', async () => {
    const sessionId = freshId('lagging');
    await using socket = await services.openChat(sessionId);
    await using slow = await services.openChat(sessionId);
    socket.send({ type: 'chat', id: 'q', data: { message: 'Olá! O que você sabe fazer?' } });
    await slow.next('chat');
    slow.raw.pause();
    // More than the kernel takes for a reader that reads nothing.
    const large = { text: 'x'.repeat(200_000) };
    for (let count = 0; count < 60; count += 1) {
      await services.publisher.store(`session.${sessionId}.notification`, large);
    }
    await socket.next('chat_complete');
    slow.raw.resume();
    await slow.next('chat_complete');
    const delivery = await spanWhen(
      ({ name, attributes }) => name.startsWith('deliver session') && attributes['session.id'] === sessionId,
    );
    expect(delivery.events.map(({ name }) => name)).toContain('lag');
    const catchUp = await spanWhen(
      ({ name, attributes }) => name === 'catch up' && attributes['rt.reason'] === 'lag',
    );
    expect(catchUp.events.map(({ name }) => name)).toContain('lag');
    expect(catchUp.attributes).toMatchObject({ 'rt.chat.outcome': 'level' });
  });

  test('a link that is missing on the live path shows in the delivery of what runs', async () => {
    const sessionId = freshId('gap');
    await using socket = await services.openChat(sessionId);
    socket.send({ type: 'chat', id: 'q', data: { message: 'Olá! O que você sabe fazer?' } });
    await socket.next('chat');
    // The stream goes on elsewhere; of this session it looks as if the event before the last was lost.
    const elsewhere = `session.${freshId('elsewhere')}.notification`;
    for (let count = 0; count < 5; count += 1) await services.publisher.store(elsewhere, {});
    const last = await services.publisher.store(elsewhere, {});
    const subject = `session.${sessionId}.notification`;
    const place = {
      'Nats-Subject': subject,
      'Nats-Sequence': String(last),
      'Nats-Last-Sequence': String(last - 1),
    };
    services.publisher.publish(`live.${subject}`, { text: 'never stored' }, place);
    await socket.next('chat_complete');
    const delivery = await spanWhen(
      ({ name, attributes }) => name.startsWith('deliver session') && attributes['session.id'] === sessionId,
    );
    expect(delivery.events.map(({ name }) => name)).toContain('gap');
    expect(socket.frames.map(({ type }) => type)).not.toContain('notification');
  });

  test('a socket that comes back has a span of its own, linked to the chat it was sent something of', async () => {
    const sessionId = freshId('resumed');
    const socket = await services.openChat(sessionId);
    socket.send({ type: 'chat', id: 'q', data: { message: 'Olá! O que você sabe fazer?' } });
    const accepted = await socket.next('chat_accepted');
    await socket.next('chat');
    // Another tab keeps the session open here, so that it is the same delivery that goes on.
    await using tab = await services.openChat(sessionId);
    await socket.cut();
    const since = encodeURIComponent(cursorOf(accepted));
    await using back = await services.openChat(sessionId, since);
    await back.next('chat_complete');
    await tab.next('chat_complete');

    const delivery = await spanWhen(
      ({ name, attributes }) => name.startsWith('deliver session') && attributes['session.id'] === sessionId,
    );
    expect(delivery.events.map(({ name }) => name)).toEqual(['first_chunk', 'resume']);
    const catchUp = await spanWhen(
      ({ name, links }) => name === 'catch up' && links.some(({ traceId }) => traceId === delivery.traceId),
    );
    expect(catchUp.traceId).not.toBe(delivery.traceId);
    expect(catchUp.attributes).toMatchObject({
      'rt.channel': 'session',
      'rt.reason': 'resume',
      'rt.chat.outcome': 'level',
    });
    expect(Number(catchUp.attributes['rt.events_replayed'])).toBeGreaterThan(0);
    // Whoever asked is gone: the root says so by its end, and nothing hangs in the air.
    const root = await spanWhen(
      ({ name, traceId }) => name === 'websocket chat' && traceId === delivery.traceId,
    );
    expect(root.endTimeUnixNano).toBeLessThan(delivery.endTimeUnixNano);
  });
});
