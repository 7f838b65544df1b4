import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BusChatLog } from '../../../../chat-worker/outbound/bus-chat-log.ts';
import { subjects } from '../../../../shared/bus-protocol/subjects.ts';
import { FencedError } from '../../../../shared/bus/bus-errors.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';
import { typesOf, WorkerRig } from '../../../support/worker-rig.ts';

const claim = { type: 'claim', data: { attempt: 1, worker: 'w', item: 1, as_of: 0 } } as const;
const handover = { type: 'handover', data: { worker: 'w' } } as const;
const acceptedBy = (who: string) => ({
  event: encodeEvent('chat_accepted', { request_id: 'r', role: 'user', message: who }),
  messageId: randomUUID(),
});

describe('the log of a chat in the broker', () => {
  let rig: WorkerRig;
  beforeAll(async () => {
    rig = await WorkerRig.start();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const chatOf = (sessionId: string) => ({ sessionId, requestId: 'r', item: 1, acceptedMessageId: '' });
  const writer = (sessionId: string, signal = new AbortController().signal): BusChatLog =>
    new BusChatLog(rig.bus, sessionId, 'r', signal);

  test('is empty before anybody wrote', async () => {
    expect((await writer('empty').read()).empty).toBe(true);
  });

  test('keeps the first chat_accepted, whoever else wants to be first', async () => {
    const log = writer('accepted');
    await log.read();
    const mine = acceptedBy('a');
    const logged = { message: 'a', claims: 0 };
    expect(await log.accept(mine)).toMatchObject(logged);
    expect(await log.accept(mine)).toMatchObject(logged);
    expect(await writer('accepted').accept(acceptedBy('b'))).toMatchObject(logged);
    expect(await writer('accepted').read()).toMatchObject({ message: 'a', claims: 0 });
    expect(await rig.log(chatOf('accepted'))).toHaveLength(1);
  });

  test('refuses a writer that has not read what another wrote', async () => {
    const first = writer('fenced');
    const second = writer('fenced');
    await first.accept(acceptedBy('a'));
    await Promise.all([first.read(), second.read()]);
    await first.append(claim);
    await expect(second.append(claim)).rejects.toBeInstanceOf(FencedError);
    await first.append(handover);
    expect(await second.read()).toMatchObject({ claims: 1, attempts: 0 });
    await second.append(claim);
    await expect(first.append(claim)).rejects.toBeInstanceOf(FencedError);
    expect([first.written, second.written]).toEqual([2, 1]);
    expect(typesOf(await rig.log(chatOf('fenced')))).toEqual(['chat_accepted', 'claim', 'handover', 'claim']);
  });

  test('is read from its beginning, wherever that is and whatever lies between', async () => {
    const log = writer('long');
    await log.accept(acceptedBy('a'));
    await log.read();
    await log.append(claim);
    for (let index = 0; index < 30; index += 1) {
      await rig.publish(subjects.notification('long'), '{}');
      const identity = { role: 'assistant', agent_id: 'a', agent_name: 'A', chunk: true } as const;
      const data = { ...identity, content: `${index} `, request_id: 'r', chunk_index: index };
      await log.append({ type: 'chat', data });
    }
    const whole = Array.from({ length: 30 }, (_, index) => `${index} `).join('');
    expect(await writer('long').read()).toMatchObject({ message: 'a', claims: 1, chunks: 30, text: whole });
  });

  test('goes on after the first event without having been read, whoever wrote that', async () => {
    const first = writer('unread');
    const second = writer('unread');
    const accepted = acceptedBy('a');
    await first.accept(accepted);
    await second.accept(accepted);
    await second.append(claim);
    await expect(first.append(claim)).rejects.toBeInstanceOf(FencedError);
    expect(typesOf(await rig.log(chatOf('unread')))).toEqual(['chat_accepted', 'claim']);
    expect(await writer('unread').read()).toMatchObject({ message: 'a', claims: 1 });
  });

  test('can begin with a claim', async () => {
    const log = writer('poison');
    await log.read();
    await log.append(claim);
    await log.append(handover);
    expect(await writer('poison').read()).toMatchObject({ message: undefined, claims: 1, attempts: 0 });
  });

  test('stops waiting for the broker when it is told to', async () => {
    const stopping = new AbortController();
    const log = writer('stopped', stopping.signal);
    await log.read();
    stopping.abort();
    await expect(log.append(claim)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
