import { describe, expect, it } from 'vitest';
import type { Agent } from '../../chat-worker/agents/agent.ts';
import { IS_CLUSTER } from '../support/broker-count.ts';
import { isEnd, typesOf } from '../support/chat-steps.ts';
import { eventually } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { rawUpgrade } from '../support/raw-upgrade.ts';
import { scriptedIdentity } from '../support/scripted-agent.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import type { SocketClient } from '../support/socket-client.ts';
import { System } from '../support/system.ts';

const UNAVAILABLE = {
  code: 'UNAVAILABLE',
  message: 'Serviço temporariamente indisponível',
  retryable: true,
};
/** About three seconds, on a machine that is busy with other tests; a cluster is given the time of an election. */
const ANSWER_DEADLINE_MS = IS_CLUSTER ? 40_000 : 4_500;
const WAYS: readonly (readonly [string, Way])[] = [
  [
    'is gone',
    {
      leave: (system) => system.nats.kill(),
      comeBack: (system) => system.nats.restart(),
    },
  ],
  [
    'hangs',
    {
      leave: (system) => system.hangBroker(),
      comeBack: (system) => {
        system.nats.resume();
      },
    },
  ],
];

interface Way {
  readonly leave: (system: System) => Promise<void> | void;
  readonly comeBack: (system: System) => Promise<void> | void;
}

/** The error that answers a message, and how long it took. */
async function errorFor(socket: SocketClient, message: object): Promise<{ data: unknown; afterMs: number }> {
  const startedAt = performance.now();
  socket.send(message);
  const { data } = await socket.next('error');
  return { data, afterMs: performance.now() - startedAt };
}

/**
 * Says the beginning, then waits for the gate. A worker that could not reach the broker may have given its
 * chat up meanwhile: whoever takes it goes on where it was.
 */
function gatedAgent(gate: Promise<void>): Agent {
  return {
    route: () => scriptedIdentity,
    async *answer(_request, _identity, after) {
      if (after === '') yield 'Há ';
      await gate;
      yield 'três.';
    },
  };
}

function openGate(): { gate: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  return { gate, open };
}

/** Asks, and waits until the answer has begun. */
async function beginChat(socket: SocketClient): Promise<string> {
  const requestId = freshId('r');
  socket.send({ type: 'chat', id: requestId, data: { message: 'Quantas?' } });
  await socket.next('chat');
  return requestId;
}

/** The durable end of a chat. */
function endOf(socket: SocketClient, requestId: string): Promise<ServerFrame> {
  return socket.nextWhere((frame) => frame.channel !== undefined && isEnd(frame, requestId));
}

describe.each(WAYS)('when the broker %s', (_, { leave, comeBack }) => {
  it('open sockets stay, messages are UNAVAILABLE, upgrades are 503, and then all goes on', async () => {
    const { gate, open } = openGate();
    await using system = await System.start({ agent: gatedAgent(gate) });
    const session = freshId('s');
    await using running = await system.openChat(session);
    await using socket = await system.openChat(session, { subProtocols: [] });
    await using watching = await system.openInvestigation(freshId('INV'));
    const before = await beginChat(running);

    await leave(system);
    const named = await errorFor(socket, { type: 'chat', id: 'r-1', data: { message: 'Uma' } });
    expect(named.data).toEqual({ ...UNAVAILABLE, request_id: 'r-1' });
    expect(named.afterMs).toBeLessThan(ANSWER_DEADLINE_MS);
    const unnamed = await errorFor(socket, { type: 'chat', data: { message: 'Outra' } });
    expect(unnamed.data).toEqual({ ...UNAVAILABLE, request_id: expect.any(String) as string });
    expect(unnamed.afterMs).toBeLessThan(ANSWER_DEADLINE_MS);
    const requestId = String((unnamed.data as Record<string, unknown>)['request_id']);

    const port = system.gateways[0]?.port ?? 0;
    const refused = await eventually(
      () => rawUpgrade(port, `/ws/chat/${freshId('s')}`),
      ({ status }) => status !== 101,
    );
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(JSON.parse(refused.body)).toEqual({
      error: { code: 'UNAVAILABLE', message: UNAVAILABLE.message },
    });
    for (const client of [running, socket, watching]) {
      expect(typesOf(await client.untilPong())).not.toContain('error');
    }

    await comeBack(system);
    open();
    expect((await endOf(running, before)).data).toMatchObject({ status: 'completed', content: 'Há três.' });
    await eventually(
      async () => (await rawUpgrade(port, `/ws/chat/${freshId('s')}`)).status,
      (status) => status === 101,
    );
    // The same again, as the error asks for: it stays one chat.
    socket.send({ type: 'chat', id: 'r-1', data: { message: 'Uma' } });
    socket.send({ type: 'chat', id: requestId, data: { message: 'Outra' } });
    for (const id of ['r-1', requestId]) {
      expect((await endOf(running, id)).data).toMatchObject({ status: 'completed', content: 'Há três.' });
      const accepted = running.frames.filter(
        ({ type, data }) => type === 'chat_accepted' && data['request_id'] === id,
      );
      expect(accepted).toHaveLength(1);
    }
  });

  it('everything else that needs it is UNAVAILABLE in time too', async () => {
    const { gate, open } = openGate();
    await using system = await System.start({ agent: gatedAgent(gate) });
    await using one = await system.openChat(freshId('s'));
    await using two = await system.openChat(freshId('s'));
    await using three = await system.openChat(freshId('s'));
    await using four = await system.openChat(freshId('s'));
    two.send({ type: 'subscribe', data: { investigation_id: 'INV-1' } });
    await two.next('subscribed');
    const running = await beginChat(four);

    await leave(system);
    const answers = await Promise.all([
      errorFor(one, { type: 'subscribe', data: { investigation_id: 'INV-2' } }),
      errorFor(two, { type: 'unsubscribe', data: { investigation_id: 'INV-1' } }),
      errorFor(three, { type: 'history' }),
      errorFor(four, { type: 'cancel', data: { request_id: running } }),
    ]);
    for (const { data, afterMs } of answers) {
      expect(data).toMatchObject(UNAVAILABLE);
      expect(afterMs).toBeLessThan(ANSWER_DEADLINE_MS);
    }
    await comeBack(system);
    open();
    // Of the cancel nothing was promised, either way.
    expect(['completed', 'cancelled']).toContain((await endOf(four, running)).data['status']);
    for (const socket of [one, two, three, four]) await socket.untilPong();
  });
});

it('what was stored while a gateway could not hear of it arrives', async () => {
  await using system = await System.start({ workers: 0 });
  const session = freshId('s');
  const investigation = freshId('INV');
  await using socket = await system.openChat(session);
  socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
  await socket.next('subscribed');
  await system.nats.kill();
  await system.nats.restart();
  // Whoever is back first: the publisher may be, before the gateway is.
  for (let step = 1; step <= 20; step += 1) {
    await system.publisher.store(`session.${session}.notification`, { step });
    await system.publisher.store(`investigation.${investigation}.progress`, { step });
  }
  const steps = { notification: [] as unknown[], investigation_progress: [] as unknown[] };
  while (steps.notification.length < 20 || steps.investigation_progress.length < 20) {
    const { type, data } = await socket.nextWhere(() => true);
    if (type === 'notification' || type === 'investigation_progress') steps[type].push(data['step']);
  }
  const expected = Array.from({ length: 20 }, (__, index) => index + 1);
  expect(steps).toEqual({ notification: expected, investigation_progress: expected });
});
