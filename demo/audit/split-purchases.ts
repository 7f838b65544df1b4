import type { Contract } from '../contracts/contract.ts';
import { cents, groupBy, severityFor, type Finding } from './finding.ts';

/** Of goods and services without a tender in 2025: Lei 14.133/2021, art. 75, II, as Decreto 12.343/2024 has it. */
export const DIRECT_AWARD_LIMIT_REAIS = 62_725.59;
const WINDOW_DAYS = 30;
const DAY_MS = 86_400_000;
/** How many times the limit the portions make together. */
const SCALE = [
  [2.5, 'critical'],
  [1.75, 'high'],
  [1, 'medium'],
] as const;

/**
 * Direct awards of one unit to one supplier for things of the same nature, each below the limit and together
 * above it, within thirty days: one purchase in portions.
 */
export function splitFindings(contracts: readonly Contract[]): readonly Finding[] {
  const direct = contracts.filter(
    ({ modalidadeCompra, valorInicialCompra }) =>
      modalidadeCompra === 'Dispensa de Licitação' && valorInicialCompra < DIRECT_AWARD_LIMIT_REAIS,
  );
  const purchases = groupBy(
    direct,
    ({ unidadeGestora, fornecedor, item }) =>
      `${unidadeGestora.codigo} ${fornecedor.cnpjFormatado} ${item.natureza}`,
  );
  return [...purchases.values()].flatMap((purchase) => windowsOf(purchase).flatMap(splitFinding));
}

/** The contracts in stretches of at most thirty days, each contract in one. */
function windowsOf(purchase: readonly Contract[]): readonly (readonly Contract[])[] {
  const sorted = [...purchase].sort((left, right) => left.dataAssinatura.localeCompare(right.dataAssinatura));
  const windows: Contract[][] = [];
  for (const contract of sorted) {
    const window = windows.at(-1);
    const begin = window?.[0];
    const isWithin = begin !== undefined && daysBetween(begin, contract) <= WINDOW_DAYS;
    if (window !== undefined && isWithin) window.push(contract);
    else windows.push([contract]);
  }
  return windows;
}

function splitFinding(portions: readonly Contract[]): readonly Finding[] {
  const [first] = portions;
  const last = portions.at(-1);
  const amount = portions.reduce((sum, { valorInicialCompra }) => sum + valorInicialCompra, 0);
  const severity = severityFor(amount / DIRECT_AWARD_LIMIT_REAIS, SCALE);
  if (first === undefined || last === undefined || portions.length < 2 || severity === undefined) return [];
  const description =
    `${String(portions.length)} dispensas em ${String(daysBetween(first, last))} dias a ${first.fornecedor.nome} ` +
    `(${first.item.natureza.toLowerCase()}): cada uma abaixo do limite, juntas acima dele`;
  return [
    {
      type: 'split',
      severity,
      description,
      amount: cents(amount),
      supplier: first.fornecedor.nome,
      unit: first.unidadeGestora.nome,
      contracts: portions.map(({ numero }) => numero),
    },
  ];
}

function daysBetween(first: Contract, later: Contract): number {
  return Math.round((Date.parse(later.dataAssinatura) - Date.parse(first.dataAssinatura)) / DAY_MS);
}
