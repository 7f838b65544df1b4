import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionShards } from '../../../shared/bus-protocol/session-shards.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import {
  credentials,
  ensureStreamsAsOperator,
  RoleClient,
  startRoleBroker,
  type Role,
} from '../../support/role-broker.ts';
import { cursorOf } from '../../support/server-frame.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { startTestWorker } from '../../support/start-worker.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';

const gatewayEnvironment = { ...credentials('gateway'), JWT_SECRET: USER_TOKEN_SECRET };

describe('services that may not make streams', () => {
  it('say what to do when there are none, or others than they are set to', async () => {
    await using nats = await startRoleBroker();
    const advice = 'run "npm run streams:ensure" as the broker\'s operator';
    await expect(startTestGateway(nats.url, gatewayEnvironment)).rejects.toThrow(
      `Stream CHAT_REQUESTS is missing, and this user may not change that: ${advice}`,
    );
    const worker = { overrides: credentials('worker') };
    await expect(startTestWorker(nats.url, worker)).rejects.toThrow(advice);
    await ensureStreamsAsOperator(nats.url);
    await expect(
      startTestGateway(nats.url, { ...gatewayEnvironment, RETENTION_HOURS: '25' }),
    ).rejects.toThrow('Stream CHAT_REQUESTS has another max_age');
    await expect(
      startTestWorker(nats.url, { overrides: { ...credentials('worker'), ACK_WAIT_MS: '2000' } }),
    ).rejects.toThrow('Consumer chat-worker has another ACK_WAIT_MS');
  });

  it('do not start with another role’s name', async () => {
    await using nats = await startRoleBroker();
    await ensureStreamsAsOperator(nats.url);
    for (const role of ['worker', 'publisher', 'operator'] as const) {
      await expect(startTestGateway(nats.url, credentials(role))).rejects.toThrow();
    }
  });
});

describe.each([1, 2])('the whole system with the production roles, sessions in %i streams', (count) => {
  const shards = { STREAM_SHARDS: String(count) };
  let owned: DisposalStack;
  let nats: NatsServer;
  let gateways: readonly TestGateway[];
  let publisher: RoleClient;
  let operator: RoleClient;
  beforeAll(async () => {
    owned = new DisposalStack();
    nats = owned.use(await startRoleBroker({}, count));
    await ensureStreamsAsOperator(nats.url, undefined, new SessionShards(count));
    gateways = [
      owned.use(await startTestGateway(nats.url, { ...gatewayEnvironment, ...shards })),
      owned.use(await startTestGateway(nats.url, { ...gatewayEnvironment, ...shards })),
    ];
    owned.use(
      await startTestWorker(nats.url, {
        overrides: { ...credentials('worker'), ...shards, LOCAL_AGENT_DELAY_MS: '1' },
      }),
    );
    publisher = owned.use(await RoleClient.connect(nats.url, 'publisher'));
    operator = owned.use(await RoleClient.connect(nats.url, 'operator'));
  });
  afterAll(() => owned[Symbol.asyncDispose]());

  async function open(path: string, gateway = 0, query = ''): Promise<SocketClient> {
    const socket = await SocketClient.connect(`${gateways[gateway]?.url ?? ''}${path}${query}`);
    await socket.next('connection');
    return socket;
  }

  const store = (role: Role, subject: string, payload: object): Promise<unknown> =>
    jetstream((role === 'operator' ? operator : publisher).connection).publish(
      subject,
      JSON.stringify(payload),
    );

  it('answers, on every gateway, and a resume gets the whole answer', async () => {
    const session = freshId('s');
    await using one = await open(`/ws/chat/${session}`);
    await using other = await open(`/ws/chat/${session}`, 1);
    one.send({ type: 'chat', id: 'r', data: { message: 'Explique em detalhes o que você faz' } });
    const seen = await one.until(({ type }) => type === 'chat_complete');
    await other.next('chat_complete');
    const [welcome] = one.frames;
    if (welcome === undefined) throw new Error('there was no welcome');
    await using again = await open(`/ws/chat/${session}`, 1, `?since=${cursorOf(welcome)}`);
    const replayed = await again.until(({ type }) => type === 'chat_complete');
    expect(again.frames[0]?.data['recovered']).toBe(true);
    const durable = seen.filter(({ cursor }) => cursor !== undefined).map(({ id }) => id);
    expect(durable.length).toBeGreaterThan(20);
    expect(replayed.map(({ id }) => id)).toEqual(durable);
    again.send({ type: 'history' });
    expect((await again.next('history')).data['events']).toHaveLength(2);
  });

  it('cancels', async () => {
    await using socket = await open(`/ws/chat/${freshId('s')}`);
    socket.send({ type: 'chat', id: 'r', data: { message: 'Explique em detalhes o que você faz' } });
    await socket.next('chat');
    socket.send({ type: 'cancel', data: { request_id: 'r' } });
    expect((await socket.next('chat_complete')).data['status']).toBe('cancelled');
  });

  it('takes what publishers say, plainly and acknowledged, and the answers draw on it', async () => {
    const [session, investigation] = [freshId('s'), freshId('INV')];
    await using socket = await open(`/ws/chat/${session}`);
    await using reader = await open(`/ws/investigations/${investigation}`, 1);
    socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await socket.next('subscribed');
    expect(
      await store('publisher', `investigation.${investigation}.anomaly`, { severity: 'high' }),
    ).toMatchObject({ stream: 'INVESTIGATIONS' });
    publisher.connection.publish(`session.${session}.notification`, '{"text":"oi"}');
    expect((await socket.next('anomaly_detected')).data['severity']).toBe('high');
    expect((await reader.next('anomaly_detected')).data['severity']).toBe('high');
    expect((await socket.next('notification')).data).toEqual({ text: 'oi' });
    socket.send({ type: 'chat', data: { message: `Qual é o status da investigação ${investigation}?` } });
    expect((await socket.next('chat_complete')).data['content']).toContain(investigation);
  });

  it('revokes and forgets', async () => {
    const [session, sub] = [freshId('s'), freshId('maria')];
    const token = userToken({ sub });
    await using socket = await open(`/ws/chat/${session}`, 0, `?token=${token}`);
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    await socket.next('chat_complete');
    await store('operator', 'control.forget', { sub });
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Revoked' });
    await eventually(
      async () => {
        await using again = await open(`/ws/chat/${session}`, 1, `?token=${token}`);
        again.send({ type: 'history' });
        return (await again.next('history')).data['events'];
      },
      (events) => Array.isArray(events) && events.length === 0,
    );
    await using open2 = await open(`/ws/chat/${session}`, 1, `?token=${token}`);
    await store('operator', 'control.revoke', { sub });
    expect(await open2.closed).toEqual({ code: 1008, reason: 'Revoked' });
  });

  it('a publisher can have the broker say nothing on a subject that is not its own', async () => {
    const session = freshId('s');
    const token = userToken({ sub: freshId('maria') });
    await using socket = await open(`/ws/chat/${session}`, 0, `?token=${token}`);
    // The broker's acknowledgement goes where the publisher wants it: within one account that overwrites the
    // record, and the session has no owner any more.
    for (const reply of [`state.session.${session}`, `session.${session}.chat.r`, 'control.revoke']) {
      publisher.connection.publish('investigation.INV-1.progress', '{"n":1}', { reply });
    }
    await publisher.connection.flush();
    await store('publisher', `session.${session}.notification`, { text: 'depois' });
    await socket.next('notification');
    const stranger = await SocketClient.connect(
      `${gateways[0]?.url ?? ''}/ws/chat/${session}?token=${userToken({ sub: freshId('joão') })}`,
    );
    expect(await stranger.closed).toEqual({ code: 1008, reason: 'Forbidden' });
    await using again = await open(`/ws/chat/${session}`, 1, `?token=${token}`);
    await again.untilPong();
  });

  it('never asks for what its roles don’t have', async () => {
    expect(nats.violations).toEqual([]);
    // They would be seen: this is one.
    await using prober = await RoleClient.connect(nats.url, 'worker');
    expect(await prober.mayPublish('control.revoke')).toBe(false);
    await eventually(
      () => nats.violations,
      (seen) => seen.length === 1,
    );
  });
});
