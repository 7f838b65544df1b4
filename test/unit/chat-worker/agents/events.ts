import type { InvestigationEvent } from '../../../../chat-worker/agents/agent.ts';

const startMs = Date.UTC(2026, 0, 31, 12);

/** An investigation's events from kinds and bodies, a second and a bit apart. */
export function eventsOf(
  ...published: readonly (readonly [kind: string, body: Readonly<Record<string, unknown>>])[]
): readonly InvestigationEvent[] {
  return published.map(([kind, body], index) => ({
    kind,
    body,
    sequence: 40 + index,
    storedAtMs: startMs + index * 61_234,
  }));
}

export const health = eventsOf(
  ['started', { message: 'Investigação aberta' }],
  ['progress', { status: 'em_andamento', progress: 20, message: 'Coletando contratos' }],
  [
    'anomaly',
    {
      severity: 'high',
      description: 'Preço muito acima da média',
      valor: 1234567.89,
      fornecedor: { nome: 'Alfa Engenharia', cnpj: '12.345.678/0001-90' },
    },
  ],
  ['anomaly', { description: 'Nota sem data' }],
  [
    'anomaly',
    { severity: 'critical', description: 'Pagamento em duplicidade', details: { amount: 'R$ 98.765,43' } },
  ],
  ['anomaly', { severity: 'high', description: 'Aditivo acima do limite', amount: 2_000_000 }],
  ['finding', { title: 'Sócio em comum entre concorrentes' }],
  ['report', { title: 'Parecer preliminar' }],
  ['progress', { status: 'analise', progress: 45.678 }],
);

export const school = eventsOf(
  ['progress', { progress: 0.5 }],
  ['anomaly', { severity: 'low', empresa: 'ALFA engenharia', valor: '1.500,00' }],
);
