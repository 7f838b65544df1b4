import type { Contract } from '../contracts/contract.ts';
import { cents, groupBy, severityFor, type Finding } from './finding.ts';

/** A unit that bought so rarely can't be said to prefer anybody. */
const LEAST_CONTRACTS = 5;
const LEAST_OF_SUPPLIER = 3;
/** Share of what a unit spends. */
const SCALE = [
  [0.75, 'critical'],
  [0.6, 'high'],
  [0.45, 'medium'],
] as const;

/** Units that spend most of their money with one supplier. */
export function concentrationFindings(contracts: readonly Contract[]): readonly Finding[] {
  return [...groupBy(contracts, ({ unidadeGestora }) => unidadeGestora.codigo).values()].flatMap((ofUnit) => {
    if (ofUnit.length < LEAST_CONTRACTS) return [];
    const spent = sum(ofUnit);
    return [...groupBy(ofUnit, ({ fornecedor }) => fornecedor.cnpjFormatado).values()].flatMap((ofSupplier) =>
      concentrationFinding(ofSupplier, spent),
    );
  });
}

function concentrationFinding(ofSupplier: readonly Contract[], spent: number): readonly Finding[] {
  const [first] = ofSupplier;
  const amount = sum(ofSupplier);
  const severity = severityFor(amount / spent, SCALE);
  if (first === undefined || severity === undefined || ofSupplier.length < LEAST_OF_SUPPLIER) return [];
  const percent = Math.round((amount / spent) * 100);
  const description =
    `${first.unidadeGestora.nome}: ${String(percent)}% do valor contratado foi para ${first.fornecedor.nome}, ` +
    `em ${String(ofSupplier.length)} contratos`;
  return [
    {
      type: 'concentration',
      severity,
      description,
      amount: cents(amount),
      supplier: first.fornecedor.nome,
      unit: first.unidadeGestora.nome,
      contracts: ofSupplier.map(({ numero }) => numero),
    },
  ];
}

function sum(contracts: readonly Contract[]): number {
  return contracts.reduce((total, { valorInicialCompra }) => total + valorInicialCompra, 0);
}
