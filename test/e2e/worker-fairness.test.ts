import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { ScriptedAgent, type AgentCall } from '../support/scripted-agent.ts';
import { WorkerRig } from '../support/worker-rig.ts';

describe('a worker with more chats waiting than it has room for', () => {
  let rig: WorkerRig;
  beforeEach(async () => {
    rig = await WorkerRig.start();
  });
  afterEach(async () => {
    await rig[Symbol.asyncDispose]();
  });

  /** Eight chats of one session, then one of another. */
  async function queueUp(): Promise<void> {
    const busy = freshId('busy');
    for (let count = 0; count < 8; count += 1) await rig.ask({ sessionId: busy, message: 'ocupada' });
    await rig.ask({ message: 'outra' });
  }

  const messageOf = ({ request }: AgentCall): string => request.message;

  test('gives the other session a place beside the busy one', async () => {
    await queueUp();
    const agent = new ScriptedAgent();
    await rig.startWorker(agent, { WORKER_CONCURRENCY: '2' });
    const calls = [await agent.nextCall(), await agent.nextCall()];
    expect(calls.map(messageOf).sort()).toEqual(['ocupada', 'outra']);
    for (const call of calls) call.end();
  });

  test('takes turns where there is room for only one', async () => {
    await queueUp();
    const agent = new ScriptedAgent();
    await rig.startWorker(agent, { WORKER_CONCURRENCY: '1' });
    const first = await agent.nextCall();
    expect(messageOf(first)).toBe('ocupada');
    first.end();
    const second = await agent.nextCall();
    expect(messageOf(second)).toBe('outra');
    second.end();
    // And none of the busy session's chats is lost for it.
    for (let count = 0; count < 7; count += 1) (await agent.nextCall()).end();
    await rig.queueEmpty();
    expect(agent.calls).toHaveLength(9);
  });

  test('lets no slow answer hold up another', async () => {
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    await rig.ask({ message: 'lenta' });
    const slow = await agent.nextCall();
    const quick = await rig.ask({ message: 'rápida' });
    const call = await agent.nextCall();
    call.say('Pronto.');
    call.end();
    expect((await rig.ended(quick)).at(-1)?.data).toMatchObject({ content: 'Pronto.' });
    expect(slow.request.signal.aborted).toBe(false);
    slow.end();
  });
});
