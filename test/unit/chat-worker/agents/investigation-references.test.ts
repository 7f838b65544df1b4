import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findReferences } from '../../../../chat-worker/agents/question/investigation-references.ts';
import { anyText } from '../../../support/any-text.ts';

const certainIn = (message: string, subscribed: readonly string[] = []): readonly string[] =>
  findReferences(message, subscribed).certain;

describe('investigations named in a message', () => {
  it.each([
    ['Qual o status da investigação INV-2025-001?', ['INV-2025-001']],
    ['status:INV_9', ['INV_9']],
    ['compare inv-1 e inv-2', ['inv-1', 'inv-2']],
    ['em que pé está 4f1c2a90-1d7b-4a55-9c39-0a8e6f0b7712?', ['4f1c2a90-1d7b-4a55-9c39-0a8e6f0b7712']],
    ['a investigação 42 andou?', ['42']],
    ['investigation number 7', ['7']],
    ['investigação nº 12', ['12']],
    ['anomalias da caso-12', ['caso-12']],
    ['(INV-3)', ['INV-3']],
    ['-INV-3-', ['INV-3']],
  ])('%s', (message, ids) => {
    expect(certainIn(message)).toEqual(ids);
  });

  it.each([
    'gastos de 2024',
    'a investigação de contratos de 2024',
    'pela lei 14.133/2021',
    'entre 2023-2024',
    'CEP 01310-100',
    'investigar contratos',
    'investigação sócio-econômica',
    `investigação ${'9'.repeat(129)}`,
  ])('are none in %s', (message) => {
    expect(certainIn(message)).toEqual([]);
  });

  it('may be a word that could be an id', () => {
    expect(findReferences('gastos com covid-19', []).possible).toEqual(['covid-19']);
    expect(findReferences('status de demo_a', []).possible).toEqual(['demo_a']);
  });

  it('are found by the exact id of a subscribed one, whatever it looks like', () => {
    expect(certainIn('e a merenda, como vai?', ['merenda'])).toEqual(['merenda']);
    expect(certainIn('status de MINHA-inv', ['minha-inv'])).toEqual(['minha-inv']);
    expect(certainIn('a verba de', ['a', 'de'])).toEqual([]);
  });

  it('are few and valid, whatever is written', () => {
    fc.assert(
      fc.property(
        anyText(),
        fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/), { maxLength: 4 }),
        (text, ids) => {
          const { certain, possible } = findReferences(`${text} ${ids.join(' ')}`, ids);
          expect(certain.length).toBeLessThanOrEqual(4);
          expect(possible.length).toBeLessThanOrEqual(3);
          for (const id of [...certain, ...possible]) expect(id).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
        },
      ),
    );
  });
});
