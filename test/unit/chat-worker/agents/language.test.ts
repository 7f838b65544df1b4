import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../../../../chat-worker/agents/language.ts';
import { anyText } from '../../../support/any-text.ts';

describe('the language of a message', () => {
  it.each([
    'oi',
    'status',
    'Qual o status da INV-1?',
    'me mostra o report do dashboard',
    'valeu',
    'explique em detalhes',
    'bora ver esses gastos',
    '',
    '12345',
    'anomalias INV-2025-001',
  ])('of %j is Portuguese', (message) => {
    expect(detectLanguage(message)).toBe('pt');
  });

  it.each([
    'hello',
    'What is the status of INV-1?',
    'show me the anomalies',
    'Explain in detail how it works',
    'thanks',
    'help',
    'Who are you?',
    'compare the contracts of the city of São Paulo with those of Recife',
  ])('of %j is English', (message) => {
    expect(detectLanguage(message)).toBe('en');
  });

  it('is one of the two for any text', () => {
    fc.assert(
      fc.property(anyText(), (message) => {
        expect(['pt', 'en']).toContain(detectLanguage(message));
      }),
    );
  });
});
