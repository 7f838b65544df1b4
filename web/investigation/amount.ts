import { firstField, isBody, type StrangerBody } from './stranger-body.ts';

const NAMES = [
  ['amount', 'valor', 'value', 'total', 'montante', 'impact', 'impacto'],
  ['valor_total', 'valorTotal', 'total_amount', 'valor_contrato', 'contract_value', 'estimated_loss'],
  ['prejuizo', 'sobrepreco', 'superfaturamento', 'preco', 'price', 'amount_brl', 'valor_brl'],
].flat();
const WRAPPERS = ['details', 'detalhes', 'data', 'dados'] as const;
/** From here on a double does not hold every cent. */
const LEAST_UNREASONABLE = 1e13;

/** How much money an event speaks of, in reais, under any of the names publishers use. */
export function amountOf(body: StrangerBody): number | undefined {
  const bodies = [body, ...WRAPPERS.map((name) => firstField(body, [name])).filter(isBody)];
  for (const each of bodies) {
    for (const name of NAMES) {
      const amount = parseAmount(firstField(each, [name]));
      if (amount !== undefined) return amount;
    }
  }
  return undefined;
}

function parseAmount(value: unknown): number | undefined {
  const amount = typeof value === 'string' ? parseWritten(value.trim()) : value;
  if (typeof amount !== 'number' || !Number.isFinite(amount)) return undefined;
  return Math.abs(amount) < LEAST_UNREASONABLE ? amount : undefined;
}

/** `R$ 1.234,56` and `1234.56`. */
function parseWritten(written: string): number | undefined {
  const text = written.replace(/^R\$\s*/, '');
  if (/^-?\d{1,3}(\.\d{3})+(,\d{1,2})?$|^-?\d{1,13}(,\d{1,2})?$/.test(text)) {
    return Number(text.replaceAll('.', '').replace(',', '.'));
  }
  return /^-?\d{1,13}\.\d{1,2}$/.test(text) ? Number(text) : undefined;
}
