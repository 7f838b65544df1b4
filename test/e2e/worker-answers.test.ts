import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ACCEPTED_SEQUENCE_HEADER } from '../../shared/bus-protocol/chat-log.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { AppError } from '../../shared/errors/app-error.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import { fixedAgent, ScriptedAgent, scriptedIdentity } from '../support/scripted-agent.ts';
import { chunkText, endOf, typesOf, WorkerRig } from '../support/worker-rig.ts';

const CHAT_FAILED = { code: 'CHAT_FAILED', message: 'Erro ao processar mensagem' };

describe('a worker', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterEach(() => rig.stopWorkers());
  afterAll(() => rig[Symbol.asyncDispose]());

  test('writes claim, chunks and end after chat_accepted, then empties the queue', async () => {
    const agent = new ScriptedAgent();
    const worker = await rig.startWorker(agent);
    const chat = await rig.ask({ message: 'Quantos contratos?', agentId: 'zumbi', subscriptions: ['INV-1'] });
    const call = await agent.nextCall();
    call.say('Há ');
    await rig.logWhen(chat, (log) => log.length === 3);
    call.say('três.');
    call.end();
    const log = await rig.ended(chat);

    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat', 'chat', 'chat_complete']);
    expect(log[1]?.data).toEqual({ attempt: 1, worker: worker.id, item: chat.item, as_of: 0 });
    expect(log[2]?.data).toEqual({
      role: 'assistant',
      content: 'Há ',
      agent_id: scriptedIdentity.id,
      agent_name: scriptedIdentity.name,
      chunk: true,
      request_id: chat.requestId,
      chunk_index: 0,
    });
    expect(log[3]?.data).toMatchObject({ content: 'três.', chunk_index: 1 });
    expect(log[4]?.data).toEqual({
      status: 'completed',
      request_id: chat.requestId,
      agent_id: scriptedIdentity.id,
      agent_name: scriptedIdentity.name,
      content: 'Há três.',
      is_complete: true,
    });
    const accepted = String(log[0]?.sequence);
    const headers = log.slice(1).map(({ header }) => header(ACCEPTED_SEQUENCE_HEADER));
    expect(headers).toEqual(Array(4).fill(accepted));
    expect(call.request).toMatchObject({
      message: 'Quantos contratos?',
      agentId: 'zumbi',
      subscribedInvestigationIds: ['INV-1'],
    });
    await rig.queueEmpty();
  });

  test('writes chat_accepted for a gateway that died before it could', async () => {
    await rig.startWorker(fixedAgent(['Oi']));
    const chat = await rig.ask({ writeAccepted: false });
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat', 'chat_complete']);
    expect(log[0]?.header('Nats-Msg-Id')).toBe(chat.acceptedMessageId);
    expect(log[0]?.data).toEqual({ request_id: chat.requestId, role: 'user', message: 'Olá' });
  });

  test('answers the text that is in the log, not that of its item', async () => {
    const agent = new ScriptedAgent();
    const [sessionId, requestId] = ['s-first', 'r-first'];
    const first = { request_id: requestId, role: 'user', message: 'a primeira' } as const;
    await rig.publish(subjects.chatLog(sessionId, requestId), encodeEvent('chat_accepted', first));
    await rig.startWorker(agent);
    const chat = await rig.ask({ sessionId, requestId, message: 'a segunda', writeAccepted: false });
    const call = await agent.nextCall();
    call.end();
    expect(call.request.message).toBe('a primeira');
    expect(typesOf(await rig.ended(chat))).toEqual(['chat_accepted', 'claim', 'chat_complete']);
  });

  test.each([
    ['no JSON', '\u0000{'],
    ['an accepted event of another chat', undefined],
  ])('claims a request that is %s before it ends it for good', async (_what, given) => {
    await rig.startWorker(fixedAgent(['never']));
    const event = encodeEvent('chat_accepted', { request_id: 'other', role: 'user', message: 'x' });
    const payload = given ?? JSON.stringify({ accepted: { message_id: 'm', event }, asker: {} });
    const chat = await rig.ask({ payload, writeAccepted: false });
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['claim', 'error']);
    expect(endOf(log).data).toEqual({ ...CHAT_FAILED, request_id: chat.requestId, retryable: false });
    expect(log[1]?.header(ACCEPTED_SEQUENCE_HEADER)).toBe(String(log[0]?.sequence));
    await rig.queueEmpty();
  });

  test('drops an item whose subject names no chat', async () => {
    await rig.startWorker(fixedAgent(['never']));
    const ends = (): Promise<number[]> =>
      Promise.all(rig.bus.shards.streams.map(async (stream) => (await rig.bus.bounds(stream)).last));
    const before = await ends();
    await rig.publish(['chat.request', 'não', 'r'].join('.'), '{}');
    await rig.queueEmpty();
    expect(await ends()).toEqual(before);
  });

  test('drops a second item of a chat that runs, and one of a chat that has ended', async () => {
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('um ');
    await rig.logWhen(chat, (log) => log.length === 3);

    await rig.ask({ ...chat, writeAccepted: false });
    // The next chat's claim shows that the duplicate before it was seen.
    const next = await rig.ask();
    (await agent.nextCall()).end();
    await rig.ended(next);
    call.say('dois');
    call.end();
    const log = await rig.ended(chat);
    expect(typesOf(log).filter((type) => type === 'claim')).toHaveLength(1);
    expect(chunkText(log)).toBe('um dois');

    await rig.ask({ ...chat, writeAccepted: false });
    await rig.queueEmpty();
    expect(await rig.log(chat)).toHaveLength(log.length);
    expect(agent.calls).toHaveLength(2);
  });

  test.each([
    ['an unknown error', new Error('boom'), true],
    ['an error that says it may work later', new AppError('X', 'x', { retryable: true }), true],
    ['an error that says it never will', new AppError('X', 'x', { retryable: false }), false],
  ])('ends a chat whose agent fails with %s', async (_what, error, retryable) => {
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const call = await agent.nextCall();
    call.say('quase');
    call.fail(error);
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'chat', 'error']);
    expect(endOf(log).data).toEqual({ ...CHAT_FAILED, request_id: chat.requestId, retryable });
    await rig.queueEmpty();
  });

  test('ends an answer of more than 256 KiB as sent, for good', async () => {
    // Each of these takes six bytes in JSON.
    const piece = '\u0001'.repeat(4_096);
    await rig.startWorker(fixedAgent(Array<string>(11).fill(piece)));
    const chat = await rig.ask();
    const log = await rig.ended(chat);
    expect(endOf(log).data).toMatchObject({ code: 'CHAT_FAILED', retryable: false });
    const text = chunkText(log);
    expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(256 * 1024);
    expect(text.length).toBeGreaterThan(0);
  });

  test('gathers what a fast agent says while a chunk is being written', async () => {
    const pieces = Array.from({ length: 2_000 }, (_, index) => `palavra${index} `);
    await rig.startWorker(fixedAgent(pieces));
    const log = await rig.ended(await rig.ask());
    expect(chunkText(log)).toBe(pieces.join(''));
    expect(endOf(log).data).toMatchObject({ content: pieces.join('') });
    expect(log.length).toBeLessThan(pieces.length);
  });

  test('takes no more than it has room for, and leaves the rest to others', async () => {
    const full = new ScriptedAgent();
    const other = new ScriptedAgent();
    await rig.startWorker(full, { WORKER_CONCURRENCY: '1' });
    const running = await rig.ask();
    const call = await full.nextCall();
    const second = await rig.startWorker(other);
    const waiting = await rig.ask();
    (await other.nextCall()).end();
    const log = await rig.ended(waiting);
    expect(log[1]?.data).toMatchObject({ worker: second.id });
    expect(full.calls).toHaveLength(1);
    call.end();
    await rig.ended(running);
  });

  test('ends a request that waited too long in the queue', async () => {
    const chat = await rig.ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await rig.startWorker(fixedAgent(['late']), { QUEUE_MAX_WAIT_MS: '10' });
    const log = await rig.ended(chat);
    expect(typesOf(log)).toEqual(['chat_accepted', 'claim', 'error']);
    expect(endOf(log).data).toMatchObject({ code: 'CHAT_FAILED', retryable: true });
  });

  test('names the built-in agent that the question is for', async () => {
    await rig.startWorker(undefined);
    const log = await rig.ended(await rig.ask({ message: 'Bom dia!', agentId: 'zumbi' }));
    const end = endOf(log).data;
    expect(end).toMatchObject({ status: 'completed', agent_id: 'zumbi', content: chunkText(log) });
  });
});

describe('the investigations an answer may draw on', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterEach(() => rig.stopWorkers());
  afterAll(() => rig[Symbol.asyncDispose]());

  async function kindsSeen(investigationId: string, claims: readonly string[], access: string) {
    const agent = new ScriptedAgent();
    const worker = await rig.startWorker(agent, { INVESTIGATION_ACCESS: access });
    const chat = await rig.ask({ investigations: claims });
    const call = await agent.nextCall();
    // Stored after the claim: not for this answer.
    await rig.publish(subjects.investigationEvent(investigationId, 'later'), '{}');
    const { signal, investigations } = call.request;
    const events = await investigations.events(investigationId, signal);
    call.end();
    await rig.ended(chat);
    await worker[Symbol.asyncDispose]();
    return events.map(({ kind }) => kind);
  }

  test('are what was stored when the chat was first claimed, without what is no JSON object', async () => {
    await rig.publish(subjects.investigationEvent('INV-1', 'progress'), '{"percent":1}');
    await rig.publish(subjects.investigationEvent('INV-2', 'progress'), '{}');
    await rig.publish(subjects.investigationEvent('INV-1', 'broken'), 'not json');
    await rig.publish(subjects.investigationEvent('INV-1', 'list'), '[]');
    await rig.publish(
      subjects.investigationEvent('INV-1', 'huge'),
      JSON.stringify({ x: 'x'.repeat(300_000) }),
    );
    await rig.publish(subjects.investigationEvent('INV-1', 'finding'), '{"value":2}');
    expect(await kindsSeen('INV-1', [], 'public')).toEqual(['progress', 'finding']);
  });

  test('are only those of the asker\u2019s token where a claim is wanted', async () => {
    await rig.publish(subjects.investigationEvent('INV-3', 'finding'), '{}');
    expect(await kindsSeen('INV-3', ['INV-4'], 'claim')).toEqual([]);
    expect(await kindsSeen('INV-3', ['INV-3'], 'claim')).toContain('finding');
    expect(await kindsSeen('INV-3', ['*'], 'claim')).toContain('finding');
  });

  test('are none for what is no id', async () => {
    expect(await kindsSeen('INV-5', [], 'public')).toEqual([]);
    const agent = new ScriptedAgent();
    await rig.startWorker(agent);
    const chat = await rig.ask();
    const { request } = await agent.nextCall();
    expect(await request.investigations.events('>', request.signal)).toEqual([]);
    await rig.cancel(chat);
    await rig.ended(chat);
  });
});
