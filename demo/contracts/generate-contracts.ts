import type { Contract, ContractFile } from './contract.ts';
import { SeededNumbers } from './seeded-numbers.ts';

/** Said with the data wherever they go. */
const ORIGIN =
  'Dados sintéticos, gerados por demo/contracts/generate-contracts.ts com semente fixa. Os campos seguem a API de ' +
  'contratos do Portal da Transparência; órgãos, fornecedores, preços e CNPJs (de dígitos inválidos) são fictícios.';
const SEED = 20_250_131;
const COUNT = 60;
const YEAR = 2025;
const DAY_MS = 86_400_000;
const TERM_DAYS = 364;

const UNITS = [
  { codigo: '900101', nome: 'Secretaria de Educação de Vila Aurora' },
  { codigo: '900102', nome: 'Secretaria de Saúde de Vila Aurora' },
  { codigo: '900103', nome: 'Secretaria de Obras de Vila Aurora' },
  { codigo: '900104', nome: 'Secretaria de Administração de Vila Aurora' },
  { codigo: '900105', nome: 'Secretaria de Assistência Social de Vila Aurora' },
] as const;

const SUPPLIERS = [
  supplier(1, 'Papelaria Ipê-Amarelo Ltda.'),
  supplier(2, 'Distribuidora Serra Azul S/A'),
  supplier(3, 'Tecnologia Jacarandá Ltda.'),
  supplier(4, 'Comercial Três Marias ME'),
  supplier(5, 'Construtora Pedra Lisa Ltda.'),
  supplier(6, 'Alimentos Boa Colheita Ltda.'),
  supplier(7, 'MedSul Produtos Hospitalares Ltda.'),
  supplier(8, 'Serviços Gerais Araucária EPP'),
  supplier(9, 'Combustíveis Rota Norte Ltda.'),
] as const;

/** What is bought, what it usually costs, how much of it, and who may sell it. */
const GOODS = [
  good('NB14', 'Notebook 14", 16 GB de memória', 'Informática', 'unidade', 4_300, [12, 60], [3, 2, 4]),
  good('A4', 'Papel A4, resma de 500 folhas', 'Expediente', 'resma', 27, [600, 3_000], [1, 2, 4]),
  good(
    'ARROZ',
    'Arroz tipo 1, pacote de 5 kg',
    'Gêneros alimentícios',
    'pacote',
    26,
    [900, 4_000],
    [6, 2, 4],
  ),
  good(
    'LUVA',
    'Luva de procedimento, caixa com 100',
    'Material hospitalar',
    'caixa',
    31,
    [800, 3_500],
    [7, 2, 4],
  ),
  good('PINTURA', 'Pintura predial interna', 'Manutenção predial', 'm²', 38, [700, 2_600], [5, 8, 4]),
  good('DIESEL', 'Óleo diesel S10', 'Combustíveis', 'litro', 6.2, [6_000, 24_000], [9, 2, 4]),
] as const;

interface Plan {
  readonly unit: number;
  readonly good: number;
  readonly supplier?: number;
  /** How many times the usual price. */
  readonly overprice?: number;
  /** Day of the year. */
  readonly day?: number;
  /** A direct award of about this amount. */
  readonly direct?: number;
}

/** What an audit should find here, told as contracts; it is found by counting, not by these lines. */
const REMARKABLE: readonly Plan[] = [
  { unit: 0, good: 0, supplier: 4, overprice: 3.4 },
  { unit: 1, good: 3, supplier: 4, overprice: 2.45 },
  { unit: 4, good: 2, supplier: 4, overprice: 2.1 },
  { unit: 3, good: 1, supplier: 2, overprice: 1.75 },
  { unit: 2, good: 4, supplier: 8, overprice: 1.62 },
  { unit: 3, good: 5, supplier: 2, overprice: 1.38 },
  // One purchase in three days' and four days' portions, each just below the limit.
  { unit: 2, good: 4, supplier: 8, day: 96, direct: 59_800 },
  { unit: 2, good: 4, supplier: 8, day: 99, direct: 61_200 },
  { unit: 2, good: 4, supplier: 8, day: 103, direct: 58_700 },
  { unit: 3, good: 0, supplier: 3, day: 201, direct: 57_900 },
  { unit: 3, good: 0, supplier: 3, day: 212, direct: 60_100 },
  // A secretariat that buys nearly everything from one company.
  { unit: 2, good: 4, supplier: 5 },
  { unit: 2, good: 4, supplier: 5 },
  { unit: 2, good: 4, supplier: 5 },
  { unit: 1, good: 3, supplier: 7 },
  { unit: 1, good: 3, supplier: 7 },
  { unit: 1, good: 3, supplier: 7 },
];

/** Sixty contracts of a municipality that does not exist; the same ones every time. */
export function generateContracts(): ContractFile {
  const numbers = new SeededNumbers(SEED);
  const ordinary = Array.from({ length: COUNT - REMARKABLE.length }, () => ordinaryPlan(numbers));
  const contracts = [...REMARKABLE, ...ordinary]
    .map((plan) => ({ ...plan, day: plan.day ?? numbers.integer(10, 330) }))
    .sort((left, right) => left.day - right.day)
    .map((plan, index) => contractOf(plan, index + 1, numbers));
  return { origem: ORIGIN, contratos: contracts };
}

function ordinaryPlan(numbers: SeededNumbers): Plan {
  return { unit: numbers.pick([0, 0, 1, 3, 4, 4]), good: numbers.integer(0, GOODS.length - 1) };
}

function contractOf(plan: Plan & { readonly day: number }, id: number, numbers: SeededNumbers): Contract {
  const goods = GOODS[plan.good] ?? GOODS[0];
  const usual = goods.price * (0.92 + numbers.next() * 0.16);
  const valorUnitario = cents(usual * (plan.overprice ?? 1));
  const quantidade =
    plan.direct === undefined ? numbers.integer(...goods.quantity) : Math.floor(plan.direct / valorUnitario);
  const signed = Date.UTC(YEAR, 0, plan.day);
  return {
    id: 9_000_000 + id,
    numero: `${String(id).padStart(3, '0')}/${String(YEAR)}`,
    objeto: `Aquisição de ${goods.descricao}`,
    dataAssinatura: isoDate(signed),
    dataInicioVigencia: isoDate(signed + DAY_MS),
    dataFimVigencia: isoDate(signed + TERM_DAYS * DAY_MS),
    modalidadeCompra: plan.direct === undefined ? 'Pregão - Eletrônico' : 'Dispensa de Licitação',
    unidadeGestora: UNITS[plan.unit] ?? UNITS[0],
    fornecedor: SUPPLIERS[(plan.supplier ?? numbers.pick(goods.suppliers)) - 1] ?? SUPPLIERS[0],
    valorInicialCompra: cents(valorUnitario * quantidade),
    item: {
      codigo: goods.codigo,
      descricao: goods.descricao,
      natureza: goods.natureza,
      unidade: goods.unidade,
      quantidade,
      valorUnitario,
    },
  };
}

/** With check digits that can't be right, so that it is nobody's number. */
function supplier(number: number, nome: string) {
  return { cnpjFormatado: `00.000.${String(number).padStart(3, '0')}/0001-99`, nome };
}

function good(
  codigo: string,
  descricao: string,
  natureza: string,
  unidade: string,
  price: number,
  quantity: readonly [least: number, most: number],
  suppliers: readonly [number, ...number[]],
) {
  return { codigo, descricao, natureza, unidade, price, quantity, suppliers } as const;
}

function cents(reais: number): number {
  return Math.round(reais * 100) / 100;
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
