import { describe, expect, test } from 'vitest';
import type { Turn } from '../../../../../chat-worker/agents/agent.ts';
import { estimatedTokens, recentTurns } from '../../../../../chat-worker/agents/model/recent-turns.ts';
import { requestFor } from '../asking.ts';

const turn = (message: string, answer = 'sim'): Turn => {
  return { userName: undefined, message, outcome: 'completed', answer };
};

function kept(turns: readonly Turn[], budget: number): Promise<readonly Turn[]> {
  const { conversation, signal } = requestFor('e agora?', { turns });
  return recentTurns(conversation, budget, signal);
}

describe('what a model is told of the conversation', () => {
  test('is all of it while it fits, oldest first', async () => {
    const turns = [turn('um'), turn('dois'), turn('três')];
    expect(await kept(turns, 1_000)).toEqual(turns);
  });

  test('loses whole turns, the oldest first, where it does not fit', async () => {
    const turns = ['um', 'dois', 'três'].map((message) => turn(message, 'a'.repeat(300)));
    const each = estimatedTokens('dois') + estimatedTokens('a'.repeat(300));
    expect((await kept(turns, 2 * each + 10)).map(({ message }) => message)).toEqual(['dois', 'três']);
  });

  test('leaves no hole: what is older than a turn that does not fit is left out too', async () => {
    const turns = [turn('curta'), turn('longa', 'a'.repeat(6_000)), turn('última')];
    expect((await kept(turns, 500)).map(({ message }) => message)).toEqual(['última']);
  });

  test('has beginning and end of a last answer that is too long by itself, cut between code points', async () => {
    const answer = `Início ${'😀é'.repeat(4_000)} fim.`;
    const [only] = await kept([turn('antes'), turn('longa', answer)], 300);
    expect(only?.message).toBe('longa');
    expect(only?.answer).toMatch(/^Início .*\n\[…\]\n.* fim\.$/s);
    expect(estimatedTokens(only?.answer ?? '')).toBeLessThanOrEqual(300);
    expect(Buffer.from(only?.answer ?? '').toString()).toBe(only?.answer);
  });

  test('is nothing without a budget', async () => {
    expect(await kept([turn('um')], 0)).toEqual([]);
  });

  test('looks up no more than it uses', async () => {
    let looked = 0;
    const { signal } = new AbortController();
    const conversation = {
      async *newestFirst() {
        for (;;) {
          await Promise.resolve();
          looked += 1;
          yield turn('x', 'a'.repeat(600));
        }
      },
    };
    expect((await recentTurns(conversation, 1_000, signal)).length).toBe(looked - 1);
  });
});
