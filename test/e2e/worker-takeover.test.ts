import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CannotContinueError } from '../../chat-worker/agents/agent.ts';
import { ACCEPTED_SEQUENCE_HEADER } from '../../shared/bus-protocol/chat-log.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { endOf, RIG_ACK_WAIT_MS, typesOf, WorkerRig, type AskedChat } from '../support/worker-rig.ts';

/** Far beyond a test's time: whatever goes on without it was handed over. */
const ENDLESS_ACK_WAIT = { ACK_WAIT_MS: '600000' };

describe('a chat whose worker', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterEach(() => rig.stopWorkers());
  afterAll(() => rig[Symbol.asyncDispose]());

  /** A chat that a worker has begun to answer with these words, and then vanished. */
  async function lostAfter(words: string): Promise<AskedChat> {
    const agent = new ScriptedAgent();
    const worker = await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say(words);
    await rig.logWhen(chat, (log) => log.some(({ type }) => type === 'chat'));
    await worker[Symbol.asyncDispose]();
    expect(call.request.signal.aborted).toBe(true);
    return chat;
  }

  test('vanishes in the middle is continued by another, which sees the same investigations', async () => {
    const chat = await lostAfter('um ');
    await rig.publish(subjects.investigationEvent('INV-1', 'finding'), '{}');
    const agent = new ScriptedAgent();
    const startedAtMs = performance.now();
    const worker = await rig.startWorker(agent);
    const call = await agent.nextCall();
    expect(performance.now() - startedAtMs).toBeLessThan(2 * RIG_ACK_WAIT_MS);
    expect(call.after).toBe('um ');
    const { request } = call;
    expect(await request.investigations.events('INV-1', request.signal)).toEqual([]);
    call.say('dois');
    call.end();
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat', 'claim', 'chat', 'chat_complete']);
    expect(log[3]?.data).toEqual({ attempt: 2, worker: worker.id, item: chat.item, as_of: 0 });
    expect(log[4]?.data).toMatchObject({ chunk_index: 1, content: 'dois' });
    expect(endOf(log).data).toMatchObject({ content: 'um dois' });
    await rig.queueEmpty();
  });

  test('vanishes starts again where its answer can not be continued', async () => {
    const chat = await lostAfter('perdido');
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    (await agent.nextCall()).fail(new CannotContinueError());
    const again = await agent.nextCall();
    expect(again.after).toBe('');
    again.say('de novo');
    again.end();
    const log = await rig.ended(chat);
    expect(typesOf(log).slice(3)).toEqual(['claim', 'chat_restart', 'chat', 'chat_complete']);
    expect(log[4]?.data).toEqual({ request_id: chat.requestId, attempt: 2 });
    expect(log[5]?.data).toMatchObject({ chunk_index: 0, content: 'de novo' });
    expect(endOf(log).data).toMatchObject({ content: 'de novo' });
  });

  test('vanishes three times ends in an error', async () => {
    const chat = await lostAfter('um');
    for (const attempt of [2, 3]) {
      const agent = new ScriptedAgent();
      const worker = await rig.startWorker(agent);
      await agent.nextCall();
      expect((await rig.log(chat)).at(-1)?.data).toMatchObject({ attempt });
      await worker[Symbol.asyncDispose]();
    }
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat', 'claim', 'claim', 'error']);
    expect(endOf(log).data).toMatchObject({ code: 'CHAT_FAILED', retryable: true });
    expect(agent.calls).toHaveLength(0);
    await rig.queueEmpty();
  });

  test('was cancelled after it vanished ends with its text', async () => {
    const chat = await lostAfter('um');
    await rig.cancel(chat);
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const log = await rig.ended(chat);
    expect(endOf(log).data).toMatchObject({ status: 'cancelled', content: 'um' });
    expect(agent.calls).toHaveLength(0);
  });

  test('works for longer than the ack wait keeps it', async () => {
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    await rig.startWorker(new ScriptedAgent());
    await delay(2.5 * RIG_ACK_WAIT_MS);
    call.end();
    expect(typesOf(await rig.ended(chat))).toEqual(['chat_accepted', 'claim', 'chat_complete']);
  });

  test('is fenced stops its agent and writes and acknowledges nothing more', async () => {
    const agent = new ScriptedAgent();
    const worker = await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('um');
    const before = await rig.logWhen(chat, (log) => log.length === 3);
    const data = { attempt: 2, worker: 'another', item: chat.item, as_of: 0 };
    await rig.bus.publish(
      subjects.chatLog(chat.sessionId, chat.requestId),
      JSON.stringify({ type: 'claim', data }),
      {
        messageId: randomUUID(),
        deadlineMs: 1_000,
        headers: { [ACCEPTED_SEQUENCE_HEADER]: String(before[0]?.sequence) },
      },
    );
    const aborted = new Promise((resolve) => {
      call.request.signal.addEventListener('abort', resolve);
    });
    call.say('dois');
    await aborted;
    await worker.drain();
    expect(typesOf(await rig.log(chat))).toEqual([...typesOf(before), 'claim']);

    // Not acknowledged: once the ack wait is over the queue has it for another.
    const next = new ScriptedAgent();
    await rig.startWorker(next);
    const continued = await next.nextCall();
    expect(continued.after).toBe('um');
    continued.end();
    await rig.ended(chat);
  });

  test('is drained goes on elsewhere without waiting for the queue', async () => {
    const agent = new ScriptedAgent();
    const other = new ScriptedAgent();
    const worker = await rig.startWorker(agent, ENDLESS_ACK_WAIT);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('um ');
    await rig.logWhen(chat, (log) => log.length === 3);
    const otherWorker = await rig.startWorker(other, ENDLESS_ACK_WAIT);
    const drained = worker.drain();
    const continued = await other.nextCall();
    expect(call.request.signal.aborted).toBe(true);
    expect(continued.after).toBe('um ');
    continued.say('dois');
    continued.end();
    const log = await rig.ended(chat);
    expect(typesOf(log).slice(3)).toEqual(['handover', 'claim', 'chat', 'chat_complete']);
    expect(log[4]?.data).toMatchObject({ attempt: 1 });
    await drained;
    // Dropped, it could take the next test's chat with it for as long as this ack wait.
    await otherWorker.drain();
  });

  test('is drained again and again uses up no attempt', async () => {
    const chat = await rig.ask();
    for (let round = 0; round < 4; round += 1) {
      const agent = new ScriptedAgent();
      const worker = await rig.startWorker(agent, ENDLESS_ACK_WAIT);
      (await agent.nextCall()).say(`${round} `);
      await rig.logWhen(chat, (log) => log.at(-1)?.type === 'chat');
      await worker.drain();
    }
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    (await agent.nextCall()).fail(new CannotContinueError());
    (await agent.nextCall()).end();
    const log = await rig.ended(chat);
    expect(typesOf(log).slice(1, -1)).toEqual([
      ...Array<string[]>(4).fill(['claim', 'chat', 'handover']).flat(),
      ...['claim', 'chat_restart'],
    ]);
    // Numbered by claims, so that it also grows where no attempt was lost.
    expect(log.at(-2)?.data).toEqual({ request_id: chat.requestId, attempt: 5 });
  });
});
