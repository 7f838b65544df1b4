import { describe, expect, test } from 'vitest';
import { SharedAnswer } from '../../../../shared/bus/shared-answer.ts';

/** Questions that are answered when the test says so. */
class Questions {
  readonly open: { resolve: (answer: number) => void; reject: (error: Error) => void }[] = [];
  asked = 0;
  readonly shared = new SharedAnswer<number>(() => {
    this.asked += 1;
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  });

  async answer(value: number | Error): Promise<void> {
    const question = this.open.shift();
    if (value instanceof Error) question?.reject(value);
    else question?.resolve(value);
    await soon();
  }
}

function soon(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('SharedAnswer', () => {
  test('asks once for all who ask in the same moment', async () => {
    const questions = new Questions();
    const answers = [questions.shared.fresh(), questions.shared.fresh(), questions.shared.fresh()];
    await soon();
    expect(questions.asked).toBe(1);
    await questions.answer(7);
    expect(await Promise.all(answers)).toEqual([7, 7, 7]);
  });

  test('gives nobody an answer to a question that was asked before they asked', async () => {
    const questions = new Questions();
    const early = questions.shared.fresh();
    await soon();
    const late = questions.shared.fresh();
    await questions.answer(1);
    expect(await early).toBe(1);
    expect(questions.asked).toBe(2);
    await questions.answer(2);
    expect(await late).toBe(2);
  });

  test('has one question under way and one waiting at most', async () => {
    const questions = new Questions();
    const answers: Promise<number>[] = [];
    for (let count = 0; count < 20; count += 1) {
      answers.push(questions.shared.fresh());
      await soon();
      expect(questions.open.length).toBe(1);
    }
    expect(questions.asked).toBe(1);
    await questions.answer(1);
    expect(questions.asked).toBe(2);
    await questions.answer(2);
    expect(await Promise.all(answers)).toEqual([1, ...answers.slice(1).map(() => 2)]);
  });

  test('shares the waiting question with who asks at the moment the one before is answered', async () => {
    const questions = new Questions();
    const first = questions.shared.fresh();
    await soon();
    const second = questions.shared.fresh();
    const third = first.then(() => questions.shared.fresh());
    await questions.answer(1);
    await questions.answer(2);
    const rest = questions.open.length;
    await questions.answer(3);
    expect([await first, await second]).toEqual([1, 2]);
    expect(await third).toBe(rest === 0 ? 2 : 3);
  });

  test('fails all who share a question that fails, and asks again for the next', async () => {
    const questions = new Questions();
    const failing = [questions.shared.fresh(), questions.shared.fresh()];
    const outcomes = Promise.allSettled(failing);
    await soon();
    const waiting = questions.shared.fresh();
    await questions.answer(new Error('no answer'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await questions.answer(5);
    expect(await waiting).toBe(5);
    const later = questions.shared.fresh();
    await soon();
    await questions.answer(6);
    expect(await later).toBe(6);
  });

  test('survives a question that throws at once', async () => {
    let asked = 0;
    const shared = new SharedAnswer<number>(() => {
      asked += 1;
      if (asked === 1) throw new Error('not even asked');
      return Promise.resolve(asked);
    });
    await expect(shared.fresh()).rejects.toThrow('not even asked');
    expect(await shared.fresh()).toBe(2);
  });
});
