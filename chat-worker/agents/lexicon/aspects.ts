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
  | 'detail'
  | 'pointsBack'
  | 'all';

export const aspectTerms: Lexicon<Aspect> = {
  status: [
    [
      3,
      'status, andamento, progress*, situacao, em que pe, como esta, como anda, etapa, fase, terminou, acabou',
    ],
    [3, 'finished, done, quanto falta, novidade*, news, update*, atualiz*, conclui*, resultado'],
  ],
  anomalies: [
    [4, 'anomalia*, anomal*, irregular*, alerta*, alert*, suspeit*, suspicious, estranh*, outlier*, fraud*'],
    [3, 'superfatur*, sobreprec*, overpric*, problema*, errado, errada, wrong, grave, graves, risco*, risk*'],
    [3, 'critica*, critico*, critical, severidade, gravidade, severity'],
  ],
  timeline: [
    [
      6,
      'linha do tempo, timeline, cronolog*, passo a passo da investigac*, ordem dos eventos, sequencia de eventos',
    ],
    [5, 'o que aconteceu, what happened, eventos, events, historico, history, quando foi, quando comecou'],
  ],
  comparison: [
    [6, 'compar*, versus, vs, diferenca entre, difference between, differ, qual das duas, which of the two'],
  ],
  report: [
    [
      5,
      'relatorio*, report, resumo, resuma, resumir, resume, sumario, summary, summar*, dossie*, briefing, apanhado',
    ],
    [4, 'visao geral, overview, export*, pdf, tudo sobre, everything about'],
  ],
  suppliers: [
    [
      5,
      'fornecedor*, supplier*, vendor*, empresa, empresas, compan*, cnpj, contratad*, quem vendeu, who sold',
    ],
  ],
  findings: [[5, 'achado*, finding*, descobert*, descobriu, descobriram, discover*, evidencia*, evidence*']],
  byAmount: [
    [
      3,
      'valor, valores, dinheiro, reais, quanto, amount*, money, value*, mais caro*, mais cara*, maior valor',
    ],
    [3, 'maiores, por valor, by amount, biggest, largest, how much, custo*, cost, costs'],
  ],
  detail: [
    [4, 'em detalhe*, detalhadament*, detalhada, detalhado, detalhe*, com detalhe*, passo a passo, a fundo'],
    [
      4,
      'in detail*, detail*, step by step, in depth, thorough*, minucios*, pormenor*, resposta longa, long answer',
    ],
    [4, 'explique tudo, explica tudo, me explica tudo, explain everything, texto longo, long text, tim tim'],
  ],
  pointsBack: [
    [
      4,
      'essa investigac*, esta investigac*, dessa investigac*, desta investigac*, nessa investigac*, nesta investigac*',
    ],
    [4, 'this investigation, that investigation, the investigation, minha investigac*, my investigation'],
    [
      4,
      'a ultima investigac*, ultima investigac*, last investigation, current investigation, investigac* atual',
    ],
    [3, 'esse caso, este caso, desse caso, deste caso, nesse caso, this case, that case, dela, sobre ela'],
  ],
  all: [
    [
      4,
      'minhas investigac*, todas as investigac*, my investigations, all investigations, all my investigations',
    ],
    [4, 'as investigac* que, investigac* que eu, quais investigac*, which investigations, minhas inscric*'],
  ],
};
