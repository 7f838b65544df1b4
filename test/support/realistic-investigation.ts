import { SeededRandom } from './seeded-random.ts';

/** What a service publishes on `investigation.<id>.<kind>`. */
export interface PublishedEvent {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const SUPPLIERS = [
  { nome: 'Alfa Alimentos Ltda.', cnpj: '12.345.678/0001-90' },
  { nome: 'Comercial Beta de Gêneros', cnpj: '23.456.789/0001-01' },
  { nome: 'Transportes Gama S/A', cnpj: '34.567.890/0001-12' },
  { nome: 'Delta Serviços Escolares', cnpj: '45.678.901/0001-23' },
] as const;

const ANOMALIES = [
  ['critical', 'Pagamento em duplicidade da nota fiscal'],
  ['high', 'Preço do quilo de arroz muito acima da média regional'],
  ['high', 'Aditivo acima do limite legal'],
  ['high', 'Fornecedor aberto poucos dias antes da licitação'],
  ['medium', 'Dispensa de licitação sem justificativa publicada'],
  ['medium', 'Entrega registrada em feriado escolar'],
  ['medium', 'Quantidade maior que o número de alunos matriculados'],
  ['medium', 'Empenho posterior à nota fiscal'],
  ['low', 'Descrição genérica do objeto'],
  ['low', 'Contrato publicado com atraso'],
] as const;

const STEPS = [
  ['iniciado', 'Investigação aberta a partir de denúncia'],
  ['coletando_contratos', 'Contratos de merenda escolar coletados'],
  ['comparando_precos', 'Preços comparados com o banco regional'],
  ['cruzando_fornecedores', 'Quadro societário dos fornecedores consultado'],
  ['analisando_notas', 'Notas fiscais conferidas com os empenhos'],
  ['em_revisao', 'Resultados em revisão'],
] as const;

/**
 * The course of one investigation of school meals: forty events as several services publish them, in their
 * own field names and number formats. The same seed gives the same figures.
 */
export function realisticInvestigation(seed: number): readonly PublishedEvent[] {
  const random = new SeededRandom(seed);
  const amount = (): number => random.integer(1_500_000, 480_000_000) / 100;
  const events: PublishedEvent[] = [
    { kind: 'started', body: { message: 'Investigação aberta', origem: 'denúncia' } },
  ];
  for (let index = 0; events.length < 36; index += 1) {
    if (index % 3 === 1)
      events.push(anomaly(random, ANOMALIES[((index - 1) / 3) % ANOMALIES.length], amount()));
    else if (index % 7 === 2) events.push(finding(random, index));
    else events.push(progress(events.length, index));
  }
  return [
    ...events,
    { kind: 'supplier', body: { razao_social: SUPPLIERS[0].nome, cnpj: SUPPLIERS[0].cnpj } },
    { kind: 'report', body: { title: 'Parecer preliminar sobre a merenda escolar', url: '/relatorios/1' } },
    { kind: 'progress', body: { status: 'em_revisao', percent: 97.5, message: 'Aguardando revisão final' } },
    { kind: 'finding', body: { title: 'Dois fornecedores têm o mesmo endereço' } },
  ];
}

function anomaly(
  random: SeededRandom,
  [severity, description]: (typeof ANOMALIES)[number] = ANOMALIES[0],
  amount: number,
): PublishedEvent {
  const supplier = random.pick(SUPPLIERS);
  const written = amount.toLocaleString('pt-BR', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const forms = [
    { severity, description, amount, supplier: supplier.nome },
    { gravidade: severity, descricao: description, valor: `R$ ${written}`, fornecedor: supplier },
    { severity, message: description, details: { valor_total: amount, contratada: supplier.nome } },
    { severity, description, fornecedor: supplier },
  ];
  return { kind: 'anomaly', body: random.pick(forms) };
}

function finding(random: SeededRandom, index: number): PublishedEvent {
  const titles = ['Sócio em comum entre concorrentes', 'Propostas com o mesmo erro de digitação'];
  const title = random.pick(titles);
  return {
    kind: 'finding',
    body: { title, contrato: `2025/${100 + index}`, evidencias: random.integer(1, 9) },
  };
}

function progress(count: number, index: number): PublishedEvent {
  const [status, message] = STEPS[index % STEPS.length] ?? STEPS[0];
  return { kind: 'progress', body: { status, message, progress: Math.min(95, count * 2.5) } };
}
