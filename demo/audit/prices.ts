import type { Contract } from '../contracts/contract.ts';
import { cents, groupBy, severityFor, type Finding } from './finding.ts';

/** With fewer prices a median says little. */
const LEAST_PRICES = 5;
const SCALE = [
  [3, 'critical'],
  [2, 'high'],
  [1.5, 'medium'],
  [1.3, 'low'],
] as const;

/** The middle price of an item, or the mean of the two in the middle; 0 of none. */
export function median(prices: readonly number[]): number {
  const sorted = [...prices].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}

/** Contracts that pay far more for an item than the median of all contracts that buy it. */
export function priceFindings(contracts: readonly Contract[]): readonly Finding[] {
  return [...groupBy(contracts, ({ item }) => item.codigo).values()].flatMap((sameItem) => {
    if (sameItem.length < LEAST_PRICES) return [];
    const middle = median(sameItem.map(({ item }) => item.valorUnitario));
    return sameItem.flatMap((contract) => priceFinding(contract, middle));
  });
}

function priceFinding(contract: Contract, middle: number): readonly Finding[] {
  const { item, fornecedor, unidadeGestora, numero } = contract;
  const severity = severityFor(item.valorUnitario / middle, SCALE);
  if (severity === undefined) return [];
  const percent = Math.round((item.valorUnitario / middle - 1) * 100);
  const description =
    `${item.descricao}: R$ ${reais(item.valorUnitario)} por ${item.unidade}, ` +
    `${String(percent)}% acima da mediana de R$ ${reais(middle)} (contrato ${numero})`;
  return [
    {
      type: 'price',
      severity,
      description,
      amount: cents((item.valorUnitario - middle) * item.quantidade),
      supplier: fornecedor.nome,
      unit: unidadeGestora.nome,
      contracts: [numero],
    },
  ];
}

/** `1.234,50`, the same on every machine. */
function reais(value: number): string {
  const [whole = '', fraction = ''] = value.toFixed(2).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, '.')},${fraction}`;
}
