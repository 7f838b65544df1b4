import { describe, expect, test } from 'vitest';
import { emptyLog, foldLog, type LoggedChat } from '../../../../chat-worker/chat/logged-chat.ts';
import type { QueuedChat, RequestedChat } from '../../../../chat-worker/chat/queued-chat.ts';
import { judge, refusal } from '../../../../chat-worker/chat/verdict.ts';
import type { ChatLogEvent } from '../../../../shared/bus-protocol/chat-log.ts';

const readable: RequestedChat = {
  accepted: { event: '', messageId: 'm' },
  agentId: undefined,
  subscriptions: [],
  allowedInvestigations: [],
};

function chatWith(changes: Partial<QueuedChat> = {}): QueuedChat {
  const chat = { sessionId: 's', requestId: 'r', item: 7, deliveryCount: 1, waitedMs: 0 };
  return { ...chat, request: () => readable, ...changes };
}

const accepted: ChatLogEvent = {
  type: 'chat_accepted',
  data: { request_id: 'r', role: 'user', message: 'oi' },
};
const claim = (attempt: number, asOf = 5): ChatLogEvent => ({
  type: 'claim',
  data: { attempt, worker: 'w', item: 7, as_of: asOf },
});
const handover: ChatLogEvent = { type: 'handover', data: { worker: 'w' } };
const chunk = (content: string, index: number): ChatLogEvent => ({
  type: 'chat',
  data: {
    role: 'assistant',
    content,
    agent_id: 'a',
    agent_name: 'A',
    chunk: true,
    request_id: 'r',
    chunk_index: index,
  },
});
const restart: ChatLogEvent = { type: 'chat_restart', data: { request_id: 'r', attempt: 2 } };
const failed: ChatLogEvent = { type: 'error', data: { code: 'CHAT_FAILED', message: 'x' } };

describe('the log of a chat', () => {
  test('says what was asked, what was answered, and as of when', () => {
    const log = foldLog([accepted, claim(1, 5), chunk('um ', 0), claim(2, 9), chunk('dois', 1)]);
    expect(log).toEqual({
      empty: false,
      message: 'oi',
      claims: 2,
      attempts: 2,
      item: 7,
      asOf: 5,
      userName: undefined,
      text: 'um dois',
      chunks: 2,
      toolRounds: [],
      ended: false,
    });
  });

  test('says who asked, as the first event names them', () => {
    const data = { request_id: 'r', role: 'user', message: 'oi', user: { id: 'u', name: 'Ana' } } as const;
    expect(foldLog([{ type: 'chat_accepted', data }, accepted])).toMatchObject({ userName: 'Ana' });
  });

  test('keeps what was looked up, with its place in the text; a restart leaves only what was found', () => {
    const calls = [{ id: 'c', name: 'status', arguments: '{}', result: 'bem' }];
    const looked: ChatLogEvent = { type: 'tool_calls', data: { text_length: 3, calls } };
    const events = [accepted, claim(1), chunk('um ', 0), looked, chunk('dois', 1)];
    expect(foldLog(events)).toMatchObject({ text: 'um dois', toolRounds: [{ textLength: 3, calls }] });
    const restarted = foldLog([...events, claim(2), restart, chunk('outro', 0)]);
    expect(restarted).toMatchObject({ text: 'outro', toolRounds: [{ textLength: 0, calls }] });
  });

  test('begins anew at a restart', () => {
    const log = foldLog([accepted, claim(1), chunk('um ', 0), claim(2), restart, chunk('outro', 0)]);
    expect(log).toMatchObject({ text: 'outro', chunks: 1 });
  });

  test('counts no attempt that was handed over', () => {
    expect(foldLog([accepted, claim(1), handover, claim(1)])).toMatchObject({ claims: 2, attempts: 1 });
  });

  test('passes over what no service wrote, also after the end', () => {
    expect(foldLog([accepted, undefined, failed, undefined])).toMatchObject({ message: 'oi', ended: true });
    expect(foldLog([undefined]).empty).toBe(false);
  });
});

describe('a chat from the queue', () => {
  const logged = (changes: Partial<LoggedChat>): LoggedChat => ({ ...emptyLog, empty: false, ...changes });

  test.each([
    ['has ended', logged({ ended: true, item: 8 }), { kind: 'drop', reason: 'ended' }],
    ['is claimed for another item', logged({ item: 8, claims: 1 }), { kind: 'drop', reason: 'duplicate' }],
    ['has no log', emptyLog, { kind: 'accept' }],
    ['is new', logged({}), { kind: 'claim', attempt: 1 }],
    ['was lost twice', logged({ item: 7, attempts: 2 }), { kind: 'claim', attempt: 3 }],
  ])('that %s', (_what, log, verdict) => {
    expect(judge(log, chatWith())).toEqual(verdict);
  });

  test('that was lost three times fails for good, but may be asked again', () => {
    expect(judge(logged({ item: 7, attempts: 3 }), chatWith())).toEqual({
      kind: 'fail',
      failure: { reason: 'attempts_exhausted', retryable: true },
    });
  });

  test('that can not be read is claimed all the same, so that it is counted', () => {
    expect(judge(emptyLog, chatWith({ request: () => undefined }))).toEqual({ kind: 'claim', attempt: 1 });
  });

  const asked = logged({ message: 'oi' });
  test.each([
    ['is as it should be', asked, {}, undefined],
    ['can not be read', asked, { request: () => undefined }, 'unreadable_request'],
    ['lost its beginning', logged({}), {}, 'log_without_beginning'],
    ['came too often', asked, { deliveryCount: 20 }, 'delivered_too_often'],
    ['waited too long', asked, { waitedMs: 101 }, 'waited_too_long'],
    [
      'waited too long, but was begun before',
      logged({ message: 'oi', claims: 1 }),
      { waitedMs: 101 },
      undefined,
    ],
  ])('that %s', (_what, log, changes, reason) => {
    expect(refusal(log, chatWith(changes), 100)?.reason).toBe(reason);
  });
});
