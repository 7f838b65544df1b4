import { describe, expect, test } from 'vitest';
import type { Turn } from '../../../../../chat-worker/agents/agent.ts';
import { groundingOf } from '../../../../../chat-worker/agents/model/grounding.ts';

const asked = (message: string): Turn => {
  return { userName: undefined, message, outcome: 'completed', answer: 'Está em INV-99.' };
};

function grounding(message: string, subscribed: readonly string[] = [], turns: readonly Turn[] = []) {
  return groundingOf({ message, subscribedInvestigationIds: subscribed }, turns);
}

describe('the investigations a question is about', () => {
  test('are those it names', () => {
    expect(grounding('Compare INV-1 e INV-2', ['INV-3'])).toEqual({
      meantIds: ['INV-1', 'INV-2'],
      possibleIds: [],
      otherIds: ['INV-3'],
    });
  });

  test('is the one the session follows, where the question means it', () => {
    const { meantIds, otherIds } = grounding('Quais as anomalias dessa investigação?', ['INV-1', 'INV-2']);
    expect([meantIds, otherIds]).toEqual([['INV-2'], ['INV-1']]);
  });

  test('is none in small talk, though the model may know what is followed', () => {
    expect(grounding('Bom dia!', ['INV-1'])).toEqual({ meantIds: [], possibleIds: [], otherIds: ['INV-1'] });
  });

  test('is the last one of the conversation, where the question goes on about it', () => {
    const turns = [asked('Status da INV-5?'), asked('E da INV-6?')];
    expect(grounding('E quais são as anomalias?', [], turns)).toEqual({
      meantIds: ['INV-6'],
      possibleIds: [],
      otherIds: ['INV-5'],
    });
  });

  test('are never taken from what a model said', () => {
    const all = grounding('E agora?', [], [asked('Oi')]);
    expect(Object.values(all).flat()).not.toContain('INV-99');
  });

  test('may be a word that is an id only if there is such an investigation', () => {
    expect(grounding('Como está a covid-19?')).toMatchObject({ meantIds: [], possibleIds: ['covid-19'] });
  });
});
