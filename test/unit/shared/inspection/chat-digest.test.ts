import { describe, expect, it } from 'vitest';
import { ChatDigest } from '../../../../shared/inspection/chat-digest.ts';

const SECRET = 'o que ninguém no terminal lê';
const ids = { request_id: 'r', agent_id: 'a', agent_name: 'A' };
const chunk = {
  type: 'chat',
  data: { ...ids, role: 'assistant', content: SECRET, chunk: true, chunk_index: 0 },
};
const accepted = { type: 'chat_accepted', data: { request_id: 'r', role: 'user', message: SECRET } };
const claim = (attempt: number, worker: string) => ({
  type: 'claim',
  data: { attempt, worker, item: 7, as_of: 0 },
});
const complete = (status: string) => ({
  type: 'chat_complete',
  data: { ...ids, status, content: SECRET, is_complete: true },
});
const failed = {
  type: 'error',
  data: { code: 'CHAT_FAILED', message: SECRET, request_id: 'r', retryable: true },
};
const handover = { type: 'handover', data: { worker: 'w1' } };
const restart = { type: 'chat_restart', data: { request_id: 'r', attempt: 2 } };
const lookUp = {
  type: 'tool_calls',
  data: { text_length: 0, calls: [{ id: 'c', name: 'n', arguments: SECRET, result: SECRET }] },
};

/** A log whose events were stored a second apart, from place 11 on. */
function digestOf(...events: readonly (object | string)[]) {
  const digest = new ChatDigest();
  for (const [index, event] of events.entries()) {
    digest.add({
      subject: 'session.s.chat.r',
      sequence: 11 + index,
      data: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)),
      storedAtMs: 1_000 * index,
      header: () => undefined,
    });
  }
  return digest.history('s', 'r', null);
}

describe('what a log tells of its chat', () => {
  it('of an answer in one go', () => {
    expect(digestOf(accepted, claim(1, 'w1'), lookUp, chunk, chunk, complete('completed'))).toEqual({
      session_id: 's',
      request_id: 'r',
      first_sequence: 11,
      last_sequence: 16,
      accepted_at_ms: 0,
      attempts: [
        {
          attempt: 1,
          worker: 'w1',
          claimed_at_ms: 1_000,
          first_chunk_at_ms: 3_000,
          chunks: 2,
          look_ups: 1,
          last_at_ms: 5_000,
          outcome: 'ended',
        },
      ],
      restarts: 0,
      cancel_at_ms: null,
      end: { outcome: 'completed', at_ms: 5_000 },
    });
  });

  it.each([
    ['lost', [accepted, claim(1, 'w1'), chunk, claim(2, 'w2'), restart, chunk], ['lost', 'running']],
    ['handed over', [accepted, claim(1, 'w1'), handover, claim(1, 'w2')], ['handed over', 'running']],
    ['cancelled', [accepted, claim(1, 'w1'), complete('cancelled')], ['ended']],
    ['failed', [accepted, claim(1, 'w1'), failed], ['ended']],
    ['waiting', [accepted], []],
  ])('of one that was %s', (_name, events, outcomes) => {
    expect(digestOf(...events).attempts.map(({ outcome }) => outcome)).toEqual(outcomes);
  });

  it('how it ended', () => {
    expect(digestOf(accepted, claim(1, 'w'), failed).end).toEqual({ outcome: 'failed', at_ms: 2_000 });
    expect(digestOf(accepted, claim(1, 'w'), complete('cancelled')).end?.outcome).toBe('cancelled');
    expect(digestOf(accepted, claim(1, 'w'), chunk).end).toBeNull();
  });

  it('that it began anew', () => {
    expect(digestOf(accepted, claim(1, 'w'), chunk, claim(2, 'w'), restart).restarts).toBe(1);
  });

  it('as far as it is there, and was written by a service', () => {
    const trimmed = digestOf(chunk, '{"type":"claim"', 'nonsense', claim(2, 'w2'), chunk);
    expect(trimmed.accepted_at_ms).toBeNull();
    expect(trimmed.attempts).toMatchObject([{ attempt: 2, chunks: 1 }]);
  });

  it('without a word of what people and agents wrote', () => {
    const told = digestOf(accepted, claim(1, 'w1'), lookUp, chunk, failed, complete('completed'));
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });
});
