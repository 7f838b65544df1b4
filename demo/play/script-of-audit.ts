import { concentrationFindings } from '../audit/concentration.ts';
import type { Finding } from '../audit/finding.ts';
import { priceFindings } from '../audit/prices.ts';
import { splitFindings } from '../audit/split-purchases.ts';
import type { Contract, ContractFile } from '../contracts/contract.ts';

/** One message of the play: what is published on `investigation.<id>.<kind>`. */
export interface ScriptedEvent {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Reading the contracts is this much of the work; the rest is what takes all of them together. */
const READING_PERCENT = 80;
const CONTRACTS_PER_REPORT = 2;

/** The whole audit in the order it is told. What it finds is counted from the contracts here and now. */
export function scriptOfAudit({ contratos, origem }: ContractFile): readonly ScriptedEvent[] {
  const prices = priceFindings(contratos);
  const concentrations = concentrationFindings(contratos);
  const splits = splitFindings(contratos);
  const total = contratos.length;
  const title = `Auditoria de ${String(total)} contratos públicos (demonstração)`;
  const progress = (percent: number, status: string, message: string): ScriptedEvent => ({
    kind: 'progress',
    body: { progress: percent, status, message, contracts_analyzed: total, contracts_total: total },
  });
  return [
    { kind: 'started', body: { title, message: title, source: origem, synthetic: true } },
    ...contratos.flatMap((contract, index) => reading(contract, index, total, prices)),
    progress(86, 'suppliers', 'Medindo a concentração de fornecedores por órgão'),
    ...concentrations.map(anomaly),
    progress(93, 'splits', 'Procurando compras fracionadas para escapar da licitação'),
    ...splits.map(anomaly),
    progress(98, 'report', 'Escrevendo o relatório'),
    report([...prices, ...concentrations, ...splits], total),
    progress(100, 'completed', 'Auditoria concluída'),
  ];
}

function reading(
  contract: Contract,
  index: number,
  total: number,
  prices: readonly Finding[],
): readonly ScriptedEvent[] {
  const done = index + 1;
  const found = prices.filter(({ contracts }) => contracts.includes(contract.numero)).map(anomaly);
  if (done % CONTRACTS_PER_REPORT !== 0 && done !== total) return found;
  const { numero, item } = contract;
  return [
    ...found,
    {
      kind: 'progress',
      body: {
        progress: Math.round((done / total) * READING_PERCENT),
        status: 'reading',
        message: `Contrato ${numero}: ${item.descricao}`,
        contracts_analyzed: done,
        contracts_total: total,
      },
    },
  ];
}

function anomaly(finding: Finding): ScriptedEvent {
  return { kind: 'anomaly', body: { ...finding } };
}

function report(findings: readonly Finding[], total: number): ScriptedEvent {
  const grave = findings.filter(({ severity }) => severity === 'critical' || severity === 'high').length;
  return {
    kind: 'report',
    body: {
      title: 'Relatório da auditoria',
      message:
        `Relatório: ${String(findings.length)} anomalias em ${String(total)} contratos, ` +
        `${String(grave)} delas graves`,
      anomalies: findings.length,
      contracts_total: total,
    },
  };
}
