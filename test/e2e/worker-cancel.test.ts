import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixedAgent, ScriptedAgent, scriptedIdentity } from '../support/scripted-agent.ts';
import { chunkText, endOf, typesOf, WorkerRig } from '../support/worker-rig.ts';

describe('a cancel', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterEach(() => rig.stopWorkers());
  afterAll(() => rig[Symbol.asyncDispose]());

  test('stored before a worker takes the chat ends it before the agent is asked', async () => {
    const chat = await rig.ask();
    await rig.cancel(chat);
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat_complete']);
    expect(endOf(log).data).toEqual({
      status: 'cancelled',
      request_id: chat.requestId,
      agent_id: scriptedIdentity.id,
      agent_name: scriptedIdentity.name,
      content: '',
      is_complete: true,
    });
    expect(agent.calls).toHaveLength(0);
    await rig.queueEmpty();
  });

  test('ends a running chat with the text so far, and its agent, at once', async () => {
    const agent = new ScriptedAgent();
    // With such an ack wait only the live path can be this fast.
    const worker = await rig.startWorker(agent, { ACK_WAIT_MS: '60000' });
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('até aqui');
    await rig.logWhen(chat, (log) => log.length === 3);
    await rig.cancel(chat);
    const log = await rig.ended(chat);
    expect(endOf(log).data).toMatchObject({ status: 'cancelled', content: 'até aqui' });
    expect(call.request.signal.aborted).toBe(true);
    await rig.queueEmpty();
    // Dropped, it could take the next test's chat with it for as long as this ack wait.
    await worker.drain();
  });

  test('of the same request id in another session changes nothing', async () => {
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const other = await rig.ask({ requestId: chat.requestId });
    const calls = [await agent.nextCall(), await agent.nextCall()];
    await rig.cancel(other);
    expect(endOf(await rig.ended(other)).data).toMatchObject({ status: 'cancelled' });
    expect(calls.filter(({ request }) => request.signal.aborted)).toHaveLength(1);
    for (const call of calls) call.end();
    expect(endOf(await rig.ended(chat)).data).toMatchObject({ status: 'completed' });
  });

  test('whenever it comes leaves exactly one end, and the chunks that it names', async () => {
    const pieces = Array.from({ length: 40 }, (_, index) => `${index} `);
    await rig.startWorker(fixedAgent(pieces));
    const races = Array.from({ length: 30 }, async (_, index) => {
      const chat = await rig.ask();
      await delay(index);
      await rig.cancel(chat);
      const log = await rig.ended(chat);
      const ends = typesOf(log).filter((type) => type === 'chat_complete' || type === 'error');
      expect(ends).toEqual(['chat_complete']);
      expect(endOf(log).data).toMatchObject({ content: chunkText(log) });
    });
    await Promise.all(races);
    await rig.queueEmpty();
  });
});
