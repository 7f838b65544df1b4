import { describe, expect, it } from 'vitest';
import { answerTo } from './asking.ts';
import { eventsOf, health, school } from './events.ts';

const stored = { 'INV-2025-001': health, 'INV-2': school };
const subscribed = ['INV-2025-001'];
const implied = 'Você não citou um identificador: tomei `INV-2025-001`';

describe('a short question in a session that follows an investigation', () => {
  it.each([
    ['quem são os fornecedores?', 'Alfa Engenharia'],
    ['quais os achados?', 'Sócio em comum'],
    ['alguma coisa estranha?', 'Pagamento em duplicidade'],
    ['quanto dinheiro está envolvido?', 'R$ 2.000.000,00'],
  ])('%j is about that one, and says so', async (message, expected) => {
    const answer = await answerTo(message, { stored, subscribed });
    expect(answer).toContain(implied);
    expect(answer).toContain(expected);
  });

  it.each([
    'quanto foi gasto com merenda?',
    'o que é um fornecedor?',
    'quais empresas de limpeza vendem para a prefeitura de Recife?',
    'gastos da prefeitura de Campinas com saúde',
  ])('%j is not', async (message) => {
    expect(await answerTo(message, { stored, subscribed })).not.toContain('tomei');
  });
});

describe('anomalies of a supplier', () => {
  const two = eventsOf(
    ['anomaly', { severity: 'high', description: 'Preço alto', fornecedor: 'Alfa Alimentos Ltda.' }],
    ['anomaly', { severity: 'low', description: 'Atraso', fornecedor: 'Beta S/A', valor: 10 }],
    ['anomaly', { severity: 'low', description: 'Sem nota', fornecedor: 'ALFA ALIMENTOS LTDA' }],
  );

  it('are those that name it, with or without its legal form', async () => {
    const answer = await answerTo('anomalias da INV-7 envolvendo a alfa alimentos', {
      stored: { 'INV-7': two },
    });
    expect(answer).toContain('Do fornecedor citado: 2.');
    expect(answer).toContain('Preço alto');
    expect(answer).toContain('Sem nota');
    expect(answer).not.toContain('Atraso');
    const low = await answerTo('anomalias de gravidade baixa da Alfa Alimentos na INV-7', {
      stored: { 'INV-7': two },
    });
    expect(low).toContain('De gravidade baixa, do fornecedor citado: 1.');
  });

  it('are all of them where none is named', async () => {
    const answer = await answerTo('anomalias da INV-7', { stored: { 'INV-7': two } });
    expect(answer).not.toContain('fornecedor citado');
    expect(answer).toContain('Atraso');
  });
});

describe('what the events do not say', () => {
  it('is no sum: nobody has published one', async () => {
    const answer = await answerTo('qual a soma das anomalias da INV-2025-001?', { stored });
    expect(answer).toContain('Os valores eu não somo');
    expect(answer).toContain('R$ 1.234.567,89');
  });

  it.each(['a INV-2025-001 é corrupção?', 'Is INV-2025-001 a fraud?'])(
    'is no verdict: %j is told so',
    async (message) => {
      expect(await answerTo(message, { stored })).toMatch(
        /Anomalia não é prova de fraude nem de crime|proves neither fraud nor crime/,
      );
    },
  );

  it('is no accusation either, where no investigation is named', async () => {
    const answer = await answerTo('posso publicar que a empresa cometeu fraude?', {});
    expect(answer).toContain('sozinha não prova crime');
  });

  it('is the name of a supplier only where the event has none', async () => {
    const events = eventsOf(['supplier', { razao_social: 'Gama Obras' }], ['supplier', { x: 1 }]);
    const answer = await answerTo('linha do tempo da INV-7', { stored: { 'INV-7': events } });
    expect(answer).toContain('fornecedor, Gama Obras (evento 40)');
    expect(answer).toContain('fornecedor (evento 41)');
  });
});

describe('questions about the system and the law', () => {
  it.each([
    ['meus dados estão seguros aqui?', 'guardados só pelo prazo que o operador definiu'],
    ['tem api?', '/asyncapi.json'],
    ['quero denunciar um vereador', 'Fala.BR'],
    ['o prefeito pode contratar a esposa?', 'Súmula Vinculante 13'],
    ['qual a diferença entre pregão e concorrência?', 'A **concorrência**'],
    ['o que são restos a pagar?', '31 de dezembro'],
  ])('%j gets an answer', async (message, expected) => {
    const answer = await answerTo(message, { stored });
    expect(answer).toContain(expected);
  });
});
