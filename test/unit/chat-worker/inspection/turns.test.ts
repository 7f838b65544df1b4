import { expect, it } from 'vitest';
import { newTurn, Turns, type Turn } from '../../../../chat-worker/inspection/turns.ts';

function turnOf(sessionId: string, requestId: string): Turn {
  return newTurn({ storedAtMs: Date.now() - 50, deliveryCount: 1 }, { sessionId, requestId });
}

it('tells running turns first, then the last ones, of one session or one chat', () => {
  const turns = new Turns();
  const [first, second, running] = ['first', 'second', 'running'].map((id) => turnOf('s', id));
  if (first === undefined || second === undefined || running === undefined) throw new Error('no turns');
  for (const turn of [first, second, running, turnOf('other', 'first')]) turns.begin(turn);
  turns.end(first);
  turns.end(second);
  expect(turns.of('s', undefined)).toEqual([running, second, first]);
  expect(turns.of('s', 'first')).toEqual([first]);
  expect(turns.of(undefined, 'first').map(({ session_id }) => session_id)).toEqual(['other', 's']);
  expect(first.ended_at_ms).toBeGreaterThanOrEqual(first.taken_at_ms);
  expect(first.waited_ms).toBeGreaterThanOrEqual(50);
});

it('remembers so many and no more', () => {
  const turns = new Turns();
  const all = Array.from({ length: 600 }, (_, index) => turnOf(index < 50 ? 'early' : 's', String(index)));
  for (const turn of all) {
    turns.begin(turn);
    turns.end(turn);
  }
  expect(turns.of('early', undefined)).toEqual([]);
  expect(turns.of('s', undefined)).toEqual(all.slice(-20).reverse());
});
