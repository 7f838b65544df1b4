import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlLog } from '../../../gateway/control/control-log.ts';
import { ForgetDuty, type ForgetTimes } from '../../../gateway/control/forget-duty.ts';
import { OperatorWords } from '../../../gateway/control/operator-words.ts';
import { SessionEraser } from '../../../gateway/control/session-eraser.ts';
import { Revocations } from '../../../gateway/auth/revocations.ts';
import { GatewayEvents } from '../../../gateway/events.ts';
import { GatewayMetrics } from '../../../gateway/metrics.ts';
import { SessionStore } from '../../../gateway/session/session-store.ts';
import { openNatsBus, type NatsBus } from '../../../shared/bus/nats-bus.ts';
import { ACCEPTED_SEQUENCE_HEADER } from '../../../shared/bus-protocol/chat-log.ts';
import { streamDefinitions } from '../../../shared/bus-protocol/streams.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { encodeEvent } from '../../../shared/socket-protocol/server-events.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { openTelemetry } from '../../../shared/telemetry/sdk.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { Broker } from '../../support/broker.ts';
import { startBroker } from '../../support/start-broker.ts';
import { Publisher } from '../../support/publisher.ts';
import { TEST_SHARDS } from '../../support/test-shards.ts';

/** The duty of one gateway without the rest of it, and with times that a test can wait for. */
let owned: DisposalStack;
let nats: Broker;
let operator: Publisher;
beforeAll(async () => {
  owned = new DisposalStack();
  nats = owned.use(await startBroker());
  const bus = await connect();
  const limits = { streamMaxBytes: 64 * 1_048_576, queueMaxMessages: 1_000, shards: TEST_SHARDS };
  const definitions = streamDefinitions({ retentionHours: 1, maxTokenLifetimeHours: 1, ...limits });
  await bus.ensureStreams(definitions, { replicas: 1, ackWaitMs: 1_000 });
  operator = owned.use(await Publisher.connect(nats.url));
});
afterAll(() => owned[Symbol.asyncDispose]());

async function connect(): Promise<NatsBus> {
  const nothing = (): void => undefined;
  const events = { waitingForBroker: nothing, statusChanged: nothing, handlerFailed: nothing };
  const anonymous = { natsCreds: undefined, natsUser: undefined, natsPassword: undefined };
  const settings = { natsUrl: nats.url, ...anonymous, streamShards: TEST_SHARDS.count };
  return owned.use(await openNatsBus(settings, 'gateway', events, new AbortController().signal));
}

async function startDuty(times: ForgetTimes): Promise<DisposalStack> {
  const stack = new DisposalStack();
  const bus = await connect();
  const metrics = new GatewayMetrics(openTelemetry('gateway').metrics);
  const events = stack.use(new GatewayEvents(createLogger('test', 'silent'), metrics, undefined));
  const duty = stack.use(new ForgetDuty(bus, new SessionEraser(bus, new SessionStore(bus)), events, times));
  const words = new OperatorWords({
    revocations: new Revocations(1),
    connections: () => [],
    onForget: (forget) => duty.add(forget),
    onForgotten: (sequence) => duty.done(sequence),
    events,
  });
  const log = stack.use(new ControlLog(bus, events, (message, isNews) => words.hear(message, isNews)));
  await log.open();
  return stack;
}

/** A chat's first event as it was made at some time, stored now. */
async function storeChat(session: string, request: string, askedAtMs: number): Promise<void> {
  const data = { request_id: request, role: 'user', message: 'segredo' } as const;
  const event = encodeEvent('chat_accepted', data, { id: randomUUID(), timestampMs: askedAtMs });
  await operator.store(`session.${session}.chat.${request}`, event);
}

const subjectsOf = async (session: string): Promise<string[]> =>
  (await operator.readAll('SESSIONS', `session.${session}.>`)).map(({ subject }) => subject);
const reports = async (): Promise<number[]> =>
  (await operator.readAllFromLeader('CONTROL', 'control.forgotten')).map(
    ({ text }) => (JSON.parse(text) as { forget: number }).forget,
  );

describe('the duty to forget', () => {
  it('erases once more what was on its way, spares what is new, and reports', async () => {
    await using held = new DisposalStack();
    held.use(await startDuty({ sweepAfterMs: 1_000, overdueMs: 60_000 }));
    const session = freshId('s');
    await storeChat(session, 'antes', Date.now());
    const askedAtMs = Date.now();
    const sequence = await operator.store('control.forget', { session_id: session });
    await eventually(
      () => subjectsOf(session),
      (left) => left.length === 0,
    );
    // A gateway or a worker that was asleep for a moment.
    await storeChat(session, 'atrasado', askedAtMs - 1);
    await storeChat(session, 'novo', Date.now() + 1);
    await eventually(reports, (done) => done.includes(sequence));
    expect(await subjectsOf(session)).toEqual([`session.${session}.chat.novo`]);
  });

  it('erases a chat that was claimed while its beginning was erased', async () => {
    await using held = new DisposalStack();
    held.use(await startDuty({ sweepAfterMs: 1_000, overdueMs: 60_000 }));
    const session = freshId('s');
    await storeChat(session, 'antes', Date.now());
    const sequence = await operator.store('control.forget', { session_id: session });
    await eventually(
      () => subjectsOf(session),
      (left) => left.length === 0,
    );
    // What only such a log looks like: it begins after its own beginning.
    const claim = { type: 'claim', data: { attempt: 1, worker: 'w', item: 1, as_of: 0 } };
    await operator.store(`session.${session}.chat.sem-inicio`, claim, { [ACCEPTED_SEQUENCE_HEADER]: '1' });
    await operator.store(`session.${session}.chat.ilegivel`, claim);
    await eventually(reports, (done) => done.includes(sequence));
    expect(await subjectsOf(session)).toEqual([`session.${session}.chat.ilegivel`]);
  });

  it('is one gateway’s, and another’s when that one dies over it', async () => {
    const session = freshId('s');
    await storeChat(session, 'antes', Date.now());
    {
      await using dying = new DisposalStack();
      dying.use(await startDuty({ sweepAfterMs: 60_000, overdueMs: 60_000 }));
      await operator.store('control.forget', { session_id: session });
      await eventually(
        () => subjectsOf(session),
        (left) => left.length === 0,
      );
    }
    const sequence = await operator.store('control.forget', { session_id: freshId('s') });
    // What came after the first erasure was begun is not erased when it is begun again.
    await storeChat(session, 'novo', Date.now() + 1);
    await using held = new DisposalStack();
    held.use(await startDuty({ sweepAfterMs: 10, overdueMs: 300 }));
    await eventually(reports, (done) => done.includes(sequence) && done.includes(sequence - 1));
    expect(await subjectsOf(session)).toEqual([`session.${session}.chat.novo`]);
  });

  it('is done again and again until the broker answers', async () => {
    await using held = new DisposalStack();
    held.use(await startDuty({ sweepAfterMs: 500, overdueMs: 60_000 }));
    const session = freshId('s');
    await storeChat(session, 'antes', Date.now());
    const sequence = await operator.store('control.forget', { session_id: session });
    await eventually(
      () => subjectsOf(session),
      (left) => left.length === 0,
    );
    await nats.kill();
    await nats.restart();
    await using after = await Publisher.connect(nats.url);
    await eventually(
      async () => (await after.readAllFromLeader('CONTROL', 'control.forgotten')).map(({ text }) => text),
      (texts) => texts.some((text) => text.includes(`"forget":${sequence},`)),
      20_000,
    );
  });
});
