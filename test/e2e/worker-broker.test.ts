import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { brokerHoldsFence } from '../support/broker-fence.ts';
import { fixedAgent, ScriptedAgent } from '../support/scripted-agent.ts';
import { chunkText, endOf, RIG_ACK_WAIT_MS, typesOf, WorkerRig } from '../support/worker-rig.ts';

test('a broker that is killed and comes back costs a pause, no text and no attempt', async () => {
  await using rig = await WorkerRig.start();
  const agent = new ScriptedAgent();
  await rig.startWorker(agent, { ACK_WAIT_MS: '20000' });
  const chat = await rig.ask();
  const call = await agent.nextCall();
  call.say('antes ');
  await rig.logWhen(chat, (log) => log.length === 3);
  await rig.nats.kill();
  call.say('enquanto ');
  await rig.nats.restart();
  call.say('depois');
  call.end();
  const log = await rig.ended(chat);
  expect(chunkText(log)).toBe('antes enquanto depois');
  expect(endOf(log).data).toMatchObject({ status: 'completed', content: 'antes enquanto depois' });
  expect(typesOf(log).filter((type) => type === 'claim')).toHaveLength(1);
  await rig.queueEmpty();
});

/** Where two workers may claim at once, the one that the test answers may be the one that gives way. */
test.skipIf(!brokerHoldsFence())(
  'a broker that hangs for longer than the ack wait stops the agent, and the chat goes on after it',
  async () => {
    await using rig = await WorkerRig.start();
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('antes ');
    await rig.logWhen(chat, (log) => log.length === 3);
    const aborted = new Promise((resolve) => {
      call.request.signal.addEventListener('abort', resolve);
    });
    rig.nats.pause();
    const pausedAtMs = performance.now();
    await aborted;
    expect(performance.now() - pausedAtMs).toBeGreaterThanOrEqual(RIG_ACK_WAIT_MS * 0.8);
    rig.nats.resume();
    const continued = await agent.nextCall();
    expect(continued.after).toBe('antes ');
    continued.say('depois');
    continued.end();
    const log = await rig.ended(chat);
    expect(chunkText(log)).toBe('antes depois');
    await rig.queueEmpty();
  },
);

test('chats that are answered while the broker is killed again and again are all answered once', async () => {
  await using rig = await WorkerRig.start();
  const pieces = Array.from({ length: 60 }, (_, index) => `${index} `);
  const slow = {
    ...fixedAgent([]),
    async *answer(_request: unknown, _identity: unknown, after: string) {
      for (const piece of pieces.slice(pieces.findIndex((_, at) => pieces.slice(0, at).join('') === after))) {
        await delay(20);
        yield piece;
      }
    },
  };
  await rig.startWorker(slow);
  await rig.startWorker(slow);
  const chats = await Promise.all(Array.from({ length: 10 }, () => rig.ask()));
  for (let kills = 0; kills < 3; kills += 1) {
    await delay(300);
    await rig.nats.kill();
    await rig.nats.restart();
  }
  for (const chat of chats) {
    const log = await rig.ended(chat);
    expect(chunkText(log)).toBe(pieces.join(''));
    expect(endOf(log).data).toMatchObject({ status: 'completed', content: pieces.join('') });
    expect(typesOf(log).indexOf('chat_complete')).toBe(log.length - 1);
  }
});
