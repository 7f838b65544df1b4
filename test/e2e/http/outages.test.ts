import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { httpAsk, type HttpResult } from '../../support/http-client.ts';
import { fixedAgent } from '../../support/scripted-agent.ts';
import { SseClient } from '../../support/sse-client.ts';
import { System } from '../../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({ agent: fixedAgent(['Oi.']) });
});
afterAll(() => system[Symbol.asyncDispose]());

function ask(session: string, body: object, gateway = 0): Promise<HttpResult> {
  return httpAsk(system.url(`/api/v1/chat/${session}`, { gateway }), { method: 'POST', body });
}

describe('while the broker is away', () => {
  it('a question gets 503, at once after 3 seconds, and is one chat when it is asked again', async () => {
    const session = freshId('s');
    await using stream = await SseClient.open(system.url(`/sse/chat/${session}`));
    await stream.next('connection');
    const message = freshId('q');
    system.nats.pause();
    let requestId: unknown;
    try {
      const first = await ask(session, { message });
      expect(first.status).toBe(503);
      expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
      requestId = (JSON.parse(first.text) as { error: { request_id?: string } }).error.request_id;
      expect(requestId).toEqual(expect.any(String));
      const refused = await eventually(
        async () => {
          const startedAt = performance.now();
          const { status } = await httpAsk(system.url(`/sse/chat/${freshId('s')}`));
          return { status, tookMs: performance.now() - startedAt };
        },
        ({ status, tookMs }) => status === 503 && tookMs < 500,
      );
      expect(refused.status).toBe(503);
      const startedAt = performance.now();
      expect((await ask(session, { message, id: requestId })).status).toBe(503);
      expect(performance.now() - startedAt).toBeLessThan(500);
    } finally {
      system.nats.resume();
    }
    const again = await eventually(
      () => ask(session, { message, id: requestId }),
      ({ status }) => status === 202,
    );
    expect(JSON.parse(again.text)).toEqual({ request_id: requestId });
    const seen = await stream.until(({ type }) => type === 'chat_complete');
    expect(seen.filter(({ type }) => type === 'chat_accepted')).toHaveLength(1);
    expect(stream.frames.filter(({ type }) => type === 'chat_complete')).toHaveLength(1);
  });
});

describe('while the broker takes longer than a gateway lets who asks wait', () => {
  it('a question gets 503 with the id under which it stays one chat', async () => {
    const hasty = await system.addGateway({ HANDSHAKE_TIMEOUT_MS: '200' });
    const gateway = system.gateways.indexOf(hasty);
    const session = freshId('s');
    await using stream = await SseClient.open(system.url(`/sse/chat/${session}`, { gateway }));
    await stream.next('connection');
    const message = freshId('q');
    system.nats.pause();
    const refused = await ask(session, { message }, gateway).finally(() => {
      system.nats.resume();
    });
    expect(refused.status).toBe(503);
    const { error } = JSON.parse(refused.text) as { error: Readonly<Record<string, unknown>> };
    expect(error).toMatchObject({ code: 'UNAVAILABLE', request_id: expect.any(String) as string });
    const again = await eventually(
      () => ask(session, { message, id: error['request_id'] }, gateway),
      ({ status }) => status === 202,
    );
    expect(JSON.parse(again.text)).toEqual({ request_id: error['request_id'] });
    await stream.next('chat_complete');
    expect(stream.frames.filter(({ type }) => type === 'chat_accepted')).toHaveLength(1);
  });
});

describe('a gateway that goes away', () => {
  it('answers who has asked before it ends', async () => {
    const going = await system.addGateway();
    const gateway = system.gateways.indexOf(going);
    system.nats.pause();
    const asked = Array.from({ length: 5 }, () => ask(freshId('s'), { message: 'Olá' }, gateway));
    const metrics = (): Promise<HttpResult> => httpAsk(`${going.adminUrl}/metrics`);
    await eventually(metrics, ({ text }) =>
      /websocket_messages_received_total\{[^}]*type="chat"[^}]*\} 5/.test(text),
    );
    const drained = going.drain();
    system.nats.resume();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    await drained;
    await expect(ask(freshId('s'), { message: 'Olá' }, gateway)).rejects.toThrow();
  });
});
