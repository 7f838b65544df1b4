import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventPublisher, PublicationError } from '../../shared/publisher/publisher.ts';
import { freshId } from '../support/fresh-id.ts';
import { credentials, ensureStreamsAsOperator, startRoleBroker } from '../support/role-broker.ts';
import { SocketClient } from '../support/socket-client.ts';
import { startTestGateway } from '../support/start-gateway.ts';
import { System } from '../support/system.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let system: System;
let publisher: EventPublisher;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  publisher = await EventPublisher.connect({ natsUrl: system.nats.url });
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

describe('what is published', () => {
  it('reaches everybody who follows an investigation, in order, and says where it is stored', async () => {
    const id = freshId('INV');
    await using socket = await system.openInvestigation(id);
    const first = await publisher.notifyInvestigationUpdate(id, 'progress', { percent: 40 });
    const second = await publisher.notifyAnomalyDetected(id, { severity: 'high', supplier: 'ACME' });
    expect(second).toBeGreaterThan(first);
    expect((await socket.next('investigation_progress')).data).toEqual({
      percent: 40,
      investigation_id: id,
      update_type: 'progress',
    });
    expect((await socket.next('anomaly_detected')).data).toEqual({
      investigation_id: id,
      severity: 'high',
      description: null,
      details: { severity: 'high', supplier: 'ACME' },
    });
  });

  it('reaches the sockets of a session', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await publisher.notifyChatSession(session, { title: 'Relatório pronto' });
    expect((await socket.next('notification')).data).toEqual({ title: 'Relatório pronto' });
  });

  it('carries the trace it belongs to', async () => {
    const id = freshId('INV');
    const trace = { traceparent: TRACEPARENT, tracestate: 'vendor=1' };
    await publisher.notifyInvestigationUpdate(id, 'finding', {}, { trace });
    const stored = await system.publisher.lastStored('INVESTIGATIONS', `investigation.${id}.finding`);
    expect(stored?.header('traceparent')).toBe(TRACEPARENT);
    expect(stored?.header('tracestate')).toBe('vendor=1');
  });

  it('twice under one id is stored once', async () => {
    const id = freshId('INV');
    const messageId = freshId('m');
    const sequences = await Promise.all(
      [1, 2, 3].map(() => publisher.notifyInvestigationUpdate(id, 'report', { n: 1 }, { messageId })),
    );
    expect(new Set(sequences).size).toBe(1);
    const subject = `investigation.${id}.report`;
    expect(await system.publisher.readAll('INVESTIGATIONS', subject)).toHaveLength(1);
  });

  it('while the broker restarts is stored when it is back', async () => {
    const id = freshId('INV');
    await system.nats.kill();
    const stored = publisher.notifyInvestigationUpdate(id, 'progress', { percent: 99 });
    await system.nats.restart();
    expect(await stored).toBeGreaterThan(0);
  });

  it('while the broker is away fails when its time is over', async () => {
    system.nats.pause();
    try {
      const failing = publisher.notifyChatSession(freshId('s'), {}, { deadlineMs: 500 });
      await expect(failing).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE', retryable: true });
    } finally {
      system.nats.resume();
    }
  });
});

describe('what no client would see is refused at once', () => {
  it.each([
    ['a bad investigation id', () => publisher.notifyAnomalyDetected('a.b', {})],
    ['a wildcard', () => publisher.notifyInvestigationUpdate('*', 'progress', {})],
    ['a bad kind', () => publisher.notifyInvestigationUpdate('INV-1', 'a b', {})],
    ['an anomaly as an update', () => publisher.notifyInvestigationUpdate('INV-1', 'anomaly', {})],
    ['a bad session id', () => publisher.notifyChatSession('', {})],
    ['a payload that is too long', () => publisher.notifyChatSession('s', { text: 'x'.repeat(262_144) })],
    ['a payload that is no JSON', () => publisher.notifyChatSession('s', { big: 10n })],
    ['a list', () => publisher.notifyChatSession('s', [] as unknown as Record<string, unknown>)],
    [
      'a severity of another type',
      () => publisher.notifyAnomalyDetected('i', { severity: 3 as unknown as string }),
    ],
  ])('%s', async (_, publish) => {
    await expect(publish()).rejects.toThrow(PublicationError);
  });
});

describe('the broker’s role publisher', () => {
  it('is all it needs', async () => {
    await using nats = await startRoleBroker();
    await ensureStreamsAsOperator(nats.url);
    await using gateway = await startTestGateway(nats.url, credentials('gateway'));
    await using socket = await SocketClient.connect(`${gateway.url}/ws/investigations/INV-1`);
    await socket.next('connection');
    const { NATS_USER = '', NATS_PASSWORD = '' } = credentials('publisher');
    await using restricted = await EventPublisher.connect({
      natsUrl: nats.url,
      natsUser: NATS_USER,
      natsPassword: NATS_PASSWORD,
    });
    expect(await restricted.notifyAnomalyDetected('INV-1', { severity: 'low' })).toBe(1);
    expect((await socket.next('anomaly_detected')).data['severity']).toBe('low');
  });
});
