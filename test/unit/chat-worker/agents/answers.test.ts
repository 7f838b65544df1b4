import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentIds } from '../../../../chat-worker/agents/registry.ts';
import { answerTo, piecesFor } from './asking.ts';
import { eventsOf, health, school } from './events.ts';
import { inventedFigures } from './figures.ts';
import { strangersEvents } from './strangers-events.ts';

const stored = { 'INV-2025-001': health, 'INV-2': school };

describe('the status of an investigation', () => {
  it('is told with times and event numbers', async () => {
    const answer = await answerTo('Qual o status da investigação INV-2025-001?', { stored });
    expect(answer).toContain('`INV-2025-001`');
    expect(answer).toContain('- **Situação**: analise (evento 48, 2026-01-31T12:08:09.872Z)');
    expect(answer).toContain('- **Progresso**: 45,67% (evento 48, 2026-01-31T12:08:09.872Z)');
    expect(answer).toContain(
      '- **Última mensagem**: Coletando contratos (evento 41, 2026-01-31T12:01:01.234Z)',
    );
    expect(answer).toContain(
      '4 anomalias: 1 de gravidade crítica, 2 de gravidade alta e 1 de gravidade média',
    );
    expect(answer).toContain('9 eventos, de 2026-01-31T12:00:00.000Z a 2026-01-31T12:08:09.872Z');
    expect(answer).toContain('Horários em UTC');
  });

  it('is told in English to who asks in English', async () => {
    const answer = await answerTo('What is the progress of INV-2025-001?', { stored });
    expect(answer).toContain('- **Progress**: 45.67% (event 48, 2026-01-31T12:08:09.872Z)');
    expect(answer).toContain('4 anomalies: 1 critical, 2 high and 1 medium');
  });

  it('is of the latest subscribed one when none is named, and says so', async () => {
    for (const message of [
      'qual o status?',
      'como está essa investigação?',
      'How is this investigation going?',
    ]) {
      const answer = await answerTo(message, { stored, subscribed: ['INV-2', 'INV-2025-001'] });
      expect(answer).toContain('`INV-2025-001`');
      expect(answer).toMatch(/última investigação que esta sessão|latest investigation this session/);
    }
  });

  it('honestly is that there are no events', async () => {
    expect(await answerTo('status da investigação INV-404', { stored })).toMatch(
      /^Não encontrei eventos dessa investigação \(`INV-404`\)/,
    );
    expect(await answerTo('status of investigation INV-404 please', { stored })).toMatch(
      /^I found no events of this investigation \(`INV-404`\)/,
    );
    expect(await answerTo('status de demo-x1', { stored })).toContain('`demo-x1`');
  });

  it('asks which one when there is nothing to go by', async () => {
    const answer = await answerTo('qual o andamento?', { stored });
    expect(answer).toContain('preciso saber de qual investigação');
    expect(answer).not.toMatch(/\d/);
  });

  it('of all followed ones stands side by side', async () => {
    const answer = await answerTo('como estão minhas investigações?', {
      stored,
      subscribed: ['INV-2', 'INV-2025-001'],
    });
    expect(answer).toContain('| | `INV-2` | `INV-2025-001` |');
  });
});

describe('anomalies', () => {
  it('come worst first, with amounts in Brazilian money', async () => {
    const answer = await answerTo('quais as anomalias da INV-2025-001?', { stored });
    const order = [
      'Pagamento em duplicidade',
      'Aditivo acima do limite',
      'Preço muito acima',
      'Nota sem data',
    ];
    expect(order.map((text) => answer.indexOf(text))).toEqual(
      [...order.map((text) => answer.indexOf(text))].sort((a, b) => a - b),
    );
    expect(answer).toContain(
      'valor R$ 1.234.567,89; fornecedor Alfa Engenharia (evento 42, 2026-01-31T12:02:02.468Z)',
    );
    expect(answer).toContain('valor R$ 98.765,43');
  });

  it('come largest first when asked by amount', async () => {
    const answer = await answerTo('anomalias da INV-2025-001 por valor', { stored });
    const amounts = [...answer.matchAll(/R\$ [\d.,]+/g)].map(([amount]) => amount);
    expect(amounts).toEqual(['R$ 2.000.000,00', 'R$ 1.234.567,89', 'R$ 98.765,43']);
  });

  it('of one severity only, when asked', async () => {
    const answer = await answerTo('show the critical anomalies of INV-2025-001', { stored });
    expect(answer).toContain('Pagamento em duplicidade');
    expect(answer).not.toContain('Aditivo acima do limite');
  });
});

describe('other questions on an investigation', () => {
  it('are answered with its timeline', async () => {
    const answer = await answerTo('linha do tempo da INV-2', { stored });
    expect(answer).toContain('- 2026-01-31T12:00:00.000Z: progresso, 0,5 (evento 40)');
    expect(answer).toContain('- 2026-01-31T12:01:01.234Z: anomalia, ALFA engenharia (evento 41)');
  });

  it('are answered with suppliers and findings', async () => {
    expect(await answerTo('quais fornecedores aparecem na INV-2025-001?', { stored })).toContain(
      '**Alfa Engenharia**, CNPJ 12.345.678/0001-90: em 1 evento',
    );
    expect(await answerTo('quais os achados da INV-2025-001?', { stored })).toContain('Sócio em comum');
    expect(await answerTo('quais os achados da INV-2?', { stored })).toContain('Nenhum achado');
  });

  it('compare two, and name what they share', async () => {
    const answer = await answerTo('compare a INV-2025-001 com a INV-2', { stored });
    expect(answer).toContain('| | `INV-2025-001` | `INV-2` |');
    expect(answer).toContain('| Anomalias | 4 | 1 |');
    expect(answer).toContain('| Eventos guardados | 9 | 2 |');
    expect(answer).toContain('**Fornecedores em comum** (1): Alfa Engenharia');
  });

  it('compare with what is missing, and say that it is', async () => {
    const answer = await answerTo('compare INV-2 e INV-404', { stored });
    expect(answer).toContain('`INV-2`');
    expect(answer).toContain('Não encontrei eventos dessa investigação (`INV-404`)');
  });

  it('give a short report', async () => {
    const answer = await answerTo('faça um relatório da INV-2025-001', { stored });
    for (const heading of ['# Relatório', '## Situação', '## Anomalias', '## Achados', '## Linha do tempo']) {
      expect(answer).toContain(heading);
    }
  });

  it('do not take every hyphenated word for an id', async () => {
    expect(await answerTo('gastos com covid-19', { stored })).not.toContain('covid-19');
    expect(await answerTo('anomalias da covid-19', { stored: { 'covid-19': school } })).toContain(
      '`covid-19`',
    );
  });
});

describe('conversation', () => {
  it.each([
    ['oi', 'pt'],
    ['hello', 'en'],
    ['obrigado', 'pt'],
    ['thanks', 'en'],
    ['tchau', 'pt'],
    ['quem é você?', 'pt'],
    ['help', 'en'],
    ['como você está?', 'pt'],
    ['asdf', 'pt'],
    ['O que é uma licitação?', 'pt'],
    ['What is a public tender?', 'en'],
    ['o que diz a LAI?', 'pt'],
    ['gere um gráfico', 'pt'],
    ['run a security audit of the system', 'en'],
  ])('answers %j', async (message, language) => {
    const answer = await answerTo(message, {});
    expect(answer.length).toBeGreaterThan(40);
    const [own, other] =
      language === 'pt' ? [/\b(que|de|do)\b/, /\b(the|you|of)\b/] : [/\b(the|you|of)\b/, /\b(que|não)\b/];
    expect(answer).toMatch(own);
    expect(answer).not.toMatch(other);
  });

  it('speaks in the voice of the agent it was routed to, and says what that one can do', async () => {
    for (const agentId of agentIds) {
      const answer = await answerTo('xpto', { agentId });
      expect(answer).toMatch(/^Aqui é /);
      expect(answer).toContain('Experimente: `');
    }
    expect(await answerTo('faça um gráfico', {})).toMatch(/^Aqui é Oscar Niemeyer/);
    expect(await answerTo('oi', { agentId: 'dandara' })).toContain('Aqui é Dandara');
  });

  it('lists all agents to who asks for help', async () => {
    const answer = await answerTo('ajuda', {});
    for (const name of ['Zumbi dos Palmares', 'Lina Bo Bardi', 'Tarsila do Amaral'])
      expect(answer).toContain(name);
  });

  it('explains in detail, at length', async () => {
    for (const message of [
      'Explique em detalhes como funciona',
      'Explain in detail',
      'me explica detalhadamente',
      'explica passo a passo',
      'explique em detalhes a investigação INV-404',
      'explique em detalhes a investigação INV-2',
      'explique em detalhes os achados da INV-2',
      'Explain in detail the anomalies of INV-2',
      'compare INV-2 e INV-2025-001 em detalhes',
    ]) {
      expect((await piecesFor(message, { stored })).length, message).toBeGreaterThanOrEqual(30);
    }
  });
});

describe('what strangers publish', () => {
  const questions = [
    'status da INV-1',
    'anomalias da INV-1',
    'anomalies of INV-1 by amount',
    'linha do tempo da INV-1',
    'relatório detalhado da INV-1',
    'compare INV-1 e INV-2',
    'fornecedores da INV-1',
    'what are the findings of INV-1',
  ];

  it('never brings a figure into an answer that is not in the events', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...questions),
        strangersEvents,
        strangersEvents,
        async (message, one, two) => {
          const answer = await answerTo(message, { stored: { 'INV-1': one, 'INV-2': two } });
          expect(inventedFigures(answer, ['INV-1', 'INV-2'], [...one, ...two])).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('and a made-up figure would be found', async () => {
    const answer = await answerTo('status da INV-2025-001', { stored });
    const check = (text: string): readonly string[] => inventedFigures(text, ['INV-2025-001'], health);
    expect(check(answer)).toEqual([]);
    expect(check(answer.replace('45,67', '46,67'))).toEqual(['46']);
    expect(check(answer.replace('evento 48', 'evento 49'))).toEqual(['(evento 49']);
    expect(check(answer.replace('12:08', '12:09'))).not.toEqual([]);
    expect(check(`${answer} R$ 1.234.567,88`)).toEqual(['R$ 1.234.567,88']);
    expect(check(`${answer} 77 anomalias`)).toEqual(['77']);
  });

  it('cannot open links, tags, images, tables or emphasis', async () => {
    const hostile = eventsOf([
      'anomaly',
      {
        severity: '**x**',
        description: '![a](http://e/x.png) [b](javascript:c) <script> | y | `z` _w_ em_andamento \\[c](d)',
      },
    ]);
    const answer = await answerTo('anomalias da INV-1', { stored: { 'INV-1': hostile } });
    expect(answer).toContain(
      '!\\[a\\](http://e/x.png) \\[b\\](javascript:c) \\<script\\> \\| y \\| \\`z\\` \\_w\\_ em_andamento \\\\\\[c\\](d)',
    );
    expect(answer).toContain('**\\*\\*x\\*\\***');
  });

  it('stays far below the size of an answer, however much of it there is', async () => {
    const many = eventsOf(
      ...Array.from({ length: 5_000 }, (_, index) => {
        return [
          'anomaly',
          { description: 'é'.repeat(2_000), severity: `s${index}`, fornecedor: 'f'.repeat(500) },
        ] as const;
      }),
    );
    const answer = await answerTo('relatório detalhado da INV-1', { stored: { 'INV-1': many } });
    expect(JSON.stringify(answer).length).toBeLessThan(128 * 1_024);
  });
});
