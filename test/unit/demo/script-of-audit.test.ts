import { describe, expect, it } from 'vitest';
import { generateContracts } from '../../../demo/contracts/generate-contracts.ts';
import { readContracts } from '../../../demo/contracts/read-contracts.ts';
import { scriptOfAudit } from '../../../demo/play/script-of-audit.ts';

const file = readContracts();
const script = scriptOfAudit(file);
const bodiesOf = (kind: string) => script.filter((event) => event.kind === kind).map(({ body }) => body);

describe('the contracts of the demo', () => {
  it('are what their generator makes, which is what their origin says', () => {
    expect(file).toEqual(generateContracts());
    expect(file.origem).toMatch(/^Dados sintéticos/);
    expect(file.contratos).toHaveLength(60);
    expect(new Set(file.contratos.map(({ numero }) => numero)).size).toBe(60);
  });

  it('have sums that are right', () => {
    for (const { item, valorInicialCompra } of file.contratos) {
      expect(valorInicialCompra).toBeCloseTo(item.quantidade * item.valorUnitario, 1);
    }
  });

  it('name nobody: the check digits of every CNPJ are wrong', () => {
    for (const { fornecedor } of file.contratos) expect(hasRightDigits(fornecedor.cnpjFormatado)).toBe(false);
  });
});

describe('the script', () => {
  it('finds anomalies of all three types and of every severity', () => {
    const anomalies = bodiesOf('anomaly');
    expect(new Set(anomalies.map(({ type }) => type))).toEqual(new Set(['price', 'concentration', 'split']));
    expect(new Set(anomalies.map(({ severity }) => severity))).toEqual(
      new Set(['critical', 'high', 'medium', 'low']),
    );
    for (const { amount } of anomalies) expect(amount).toBeGreaterThan(0);
  });

  it('finds nothing where there is nothing: prices are computed, not told', () => {
    const [first] = file.contratos;
    const calm = file.contratos.map((contract, index) => ({
      ...contract,
      modalidadeCompra: 'Pregão - Eletrônico' as const,
      fornecedor: { cnpjFormatado: String(index), nome: String(index) },
      item: { ...contract.item, codigo: 'X', valorUnitario: first?.item.valorUnitario ?? 1 },
    }));
    const told = scriptOfAudit({ origem: '', contratos: calm });
    expect(told.filter(({ kind }) => kind === 'anomaly')).toEqual([]);
  });

  it('begins, goes forward only, and ends at 100 %', () => {
    expect(script[0]?.kind).toBe('started');
    const percents = bodiesOf('progress').map(({ progress }) => Number(progress));
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    expect(percents.at(-1)).toBe(100);
    expect(bodiesOf('report')).toMatchObject([{ anomalies: bodiesOf('anomaly').length }]);
  });
});

/** The official rule of check digits. */
function hasRightDigits(cnpj: string): boolean {
  const digits = Array.from(cnpj.replaceAll(/\D/g, ''), Number);
  const checkDigit = (length: number): number => {
    const sum = digits
      .slice(0, length)
      .reduce((total, digit, index) => total + digit * (((length - index - 1) % 8) + 2), 0);
    return sum % 11 < 2 ? 0 : 11 - (sum % 11);
  };
  return digits[12] === checkDigit(12) && digits[13] === checkDigit(13);
}
