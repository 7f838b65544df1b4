import { describe, expect, test } from 'vitest';
import type { InvestigationEvent } from '../../../../../chat-worker/agents/agent.ts';
import { wholeText } from '../../../../../chat-worker/agents/model/investigation-texts.ts';
import {
  InvestigationDesk,
  investigationTools,
} from '../../../../../chat-worker/agents/model/investigation-tools.ts';
import { investigationFacts } from '../../../../../chat-worker/agents/investigation-facts.ts';
import { eventsOf, health } from '../events.ts';
import { inventedFigures } from '../figures.ts';

const { signal } = new AbortController();

function deskOn(stored: Readonly<Record<string, readonly InvestigationEvent[]>>) {
  const read: string[] = [];
  const events = (id: string): Promise<readonly InvestigationEvent[]> => {
    read.push(id);
    return Promise.resolve(stored[id] ?? []);
  };
  return { desk: new InvestigationDesk({ events }, signal), read };
}

const asked = (investigationId: string, more: object = {}): string =>
  JSON.stringify({ investigation_id: investigationId, ...more });

describe('what a model can look up', () => {
  test.each(['status', 'anomalies', 'timeline'])(
    '%s states nothing that is not in the events',
    async (name) => {
      const { desk } = deskOn({ 'INV-7': health });
      const { result } = await desk.call({ id: 'c', name, arguments: asked('INV-7') });
      expect(result).toContain('`INV-7`');
      expect(result).toMatch(/evento 4\d/);
      expect(result).toMatch(/2026-01-31T12:0\d:\d\d\.\d{3}Z/);
      expect(inventedFigures(result, ['INV-7'], health)).toEqual([]);
    },
  );

  test('a whole text for a model that cannot ask states nothing else either', () => {
    const text = wholeText(investigationFacts('INV-7', health));
    expect(inventedFigures(text, ['INV-7'], health)).toEqual([]);
    for (const amount of ['R$ 1.234.567,89', 'R$ 98.765,43', 'R$ 2.000.000,00'])
      expect(text).toContain(amount);
  });

  test('anomalies can be asked for by severity and by amount', async () => {
    const { desk } = deskOn({ 'INV-7': health });
    const given = asked('INV-7', { severity: 'high', order: 'amount' });
    const { result } = await desk.call({ id: 'c', name: 'anomalies', arguments: given });
    expect(result).toContain('Da gravidade pedida: 2.');
    expect(result.indexOf('2.000.000,00')).toBeLessThan(result.indexOf('1.234.567,89'));
    expect(result).not.toContain('98.765,43');
  });

  test('the latest of a timeline, also where the number comes as text', async () => {
    const { desk } = deskOn({ 'INV-7': health });
    const { result } = await desk.call({
      id: 'c',
      name: 'timeline',
      arguments: asked('INV-7', { latest: '2' }),
    });
    expect(result).toContain('7 eventos anteriores');
    expect(result).toContain('evento 48');
    expect(result).not.toContain('evento 46');
  });

  test('nothing of an investigation that does not exist, or that the asker may not see', async () => {
    const { desk } = deskOn({});
    const { result } = await desk.call({ id: 'c', name: 'status', arguments: asked('INV-8') });
    expect(result).toBe('Nenhum evento conhecido da investigação `INV-8`. Nada pode ser afirmado sobre ela.');
  });

  test('each investigation is read once', async () => {
    const { desk, read } = deskOn({ 'INV-7': health });
    await Promise.all(
      ['status', 'anomalies', 'status'].map((name) =>
        desk.call({ id: 'c', name, arguments: asked('INV-7') }),
      ),
    );
    expect(read).toEqual(['INV-7']);
  });

  test('a result is short enough for a prompt, and ends between two lines', async () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      return [
        'anomaly',
        {
          severity: `${'g'.repeat(90)}${index}`,
          description: 'd '.repeat(120),
          fornecedores: Array(3).fill('F'.repeat(100)),
        },
      ] as const;
    });
    const { desk } = deskOn({ 'INV-7': eventsOf(...many) });
    const { result } = await desk.call({ id: 'c', name: 'anomalies', arguments: asked('INV-7') });
    expect(result.length).toBeLessThan(24_100);
    expect(result.endsWith('Z)\n[cortado: há mais do que cabe aqui]')).toBe(true);
  });

  test('tools are described in Portuguese and take an id', () => {
    for (const { function: described } of investigationTools) {
      expect(described.description).toMatch(/investigação/);
      expect(described.parameters).toMatchObject({ required: ['investigation_id'] });
    }
  });
});
