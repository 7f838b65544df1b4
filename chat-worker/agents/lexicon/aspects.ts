import type { Lexicon } from './lexicon-matcher.ts';

/** What a message wants to know of an investigation, and which one it points at without naming it. */
export type Aspect =
  | 'status'
  | 'anomalies'
  | 'timeline'
  | 'comparison'
  | 'report'
  | 'suppliers'
  | 'findings'
  | 'byAmount'
  | 'sum'
  | 'detail'
  | 'pointsBack'
  | 'all';

export const aspectTerms: Lexicon<Aspect> = {
  status: [
    [3, 'status, andamento, progress*, situacao, em que pe, como esta, como anda, etapa, fase, terminou'],
    [3, 'acabou, finished, done, quanto falta, novidade*, news, update*, atualiz*, conclui*, resultado'],
  ],
  anomalies: [
    [4, 'anomalia*, anomal*, irregular*, alerta*, alert*, suspeit*, suspicious, estranh*, outlier*, fraud*'],
    [3, 'superfatur*, sobreprec*, overpric*, problema*, errado, errada, wrong, grave, graves, risco*, risk*'],
    [3, 'critica*, critico*, critical, severidade, gravidade, severity'],
  ],
  timeline: [
    [6, 'linha do tempo, timeline, cronolog*, passo a passo da investigac*, ordem dos eventos'],
    [6, 'sequencia de eventos'],
    [5, 'o que aconteceu, what happened, eventos, events, historico, history, quando foi, quando comecou'],
  ],
  comparison: [
    [6, 'compar*, versus, vs, diferenca entre, difference between, differ, qual das duas, which of the two'],
  ],
  report: [
    [5, 'relatorio*, report, resumo, resuma, resumir, resume, sumario, summary, summar*, dossie*, briefing'],
    [5, 'apanhado'],
    [4, 'visao geral, overview, export*, pdf, tudo sobre, everything about'],
  ],
  suppliers: [
    [5, 'fornecedor*, supplier*, vendor*, empresa, empresas, compan*, cnpj, contratad*, quem vendeu'],
    [5, 'who sold'],
  ],
  findings: [[5, 'achado*, finding*, descobert*, descobriu, descobriram, discover*, evidencia*, evidence*']],
  byAmount: [
    [3, 'valor, valores, dinheiro, reais, quanto, amount*, money, value*, mais caro*, mais cara*'],
    [3, 'maior valor, maiores, por valor, by amount, biggest, largest, how much, custo*, cost, costs'],
  ],
  sum: [
    [
      3,
      'soma, somas, somar, some, somando, somatorio, ao todo, no total, valor total, total de, sum, in total, add up',
    ],
  ],
  detail: [
    [4, 'em detalhe*, detalhadament*, detalhada, detalhado, detalhe*, com detalhe*, passo a passo, a fundo'],
    [4, 'in detail*, detail*, step by step, in depth, thorough*, minucios*, pormenor*, resposta longa'],
    [4, 'long answer, explique tudo, explica tudo, me explica tudo, explain everything, texto longo'],
    [4, 'long text, tim tim'],
  ],
  pointsBack: [
    [3, 'dinheiro envolvido, dinheiro .. envolvido, valor* .. envolvido*, money .. involved, money involved'],
    [4, 'essa investigac*, esta investigac*, dessa investigac*, desta investigac*, nessa investigac*'],
    [4, 'nesta investigac*, this investigation, that investigation, the investigation, minha investigac*'],
    [4, 'my investigation, a ultima investigac*, ultima investigac*, last investigation'],
    [4, 'current investigation, investigac* atual'],
    [3, 'esse caso, este caso, desse caso, deste caso, nesse caso, this case, that case, dela, sobre ela'],
  ],
  all: [
    [4, 'minhas investigac*, todas as investigac*, my investigations, all investigations'],
    [4, 'all my investigations, as investigac* que, investigac* que eu, quais investigac*'],
    [4, 'which investigations, minhas inscric*'],
  ],
};
