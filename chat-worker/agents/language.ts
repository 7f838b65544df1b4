import { foldText, foldedWords } from './lexicon/fold-text.ts';

export type Language = 'pt' | 'en';

/** Words of one language that are not words of the other; folded. */
const englishWords = words(
  'the of and to in is are was were what which who whom whose when where why how this that these those with from',
  'about for you your me my we our they their please show tell give find list make write can could would should do',
  'does did has have had will i it its hello hi hey thanks thank bye goodbye help explain detail details',
  'good morning afternoon evening report summary investigation investigations anomaly anomalies timeline',
  'spending contracts contract suppliers supplier progress any not there here yes much many most highest latest',
);
const portugueseWords = words(
  'o os que qual quais quem quando onde como por porque para pra pro com sem sobre uma um uns umas os das dos na nos nas',
  'ao aos pela pelo esta este essa esse isso isto meu minha seu sua voce vc voces eu nos ele ela eles elas e ou nao',
  'sim oi ola bom boa dia tarde noite obrigado obrigada valeu vlw tchau ajuda explique explica detalhe detalhes mostre',
  'quero preciso me mostra mostre diga fale liste faca gere investigacao investigacoes anomalia anomalias relatorio resumo andamento',
  'progresso gastos contratos contrato fornecedor fornecedores tem ha foi sao esta estao mais muito quanto quantos da',
);

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '));
}

/** The language of a message. Portuguese unless English clearly outweighs it: most people here write Portuguese. */
export function detectLanguage(message: string): Language {
  let english = 0;
  let portuguese = 0;
  for (const word of foldedWords(message)) {
    if (englishWords.has(word)) english += 1;
    if (portugueseWords.has(word)) portuguese += 1;
  }
  // Accents are rare in English and common in careful Portuguese, whatever the words.
  const start = message.slice(0, 1_000);
  if (foldText(start) !== start.toLowerCase()) portuguese += 1;
  return english > portuguese ? 'en' : 'pt';
}
